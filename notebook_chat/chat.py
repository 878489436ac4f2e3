"""Chat: a provider, a conversation and options, and the way of an answer into the conversation."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Unpack

from . import faults, loop_thread, runner
from .answer import Answer
from .cell_selection import CellSelection
from .composition import Cells, Composed, Ingredients, compose
from .conversation import DEFAULT_RESERVE, Conversation, Turn
from .errors import ConfigurationError, InvalidOptionError
from .events import TextDelta
from .messages import ImagePart, Message, MessageLike, normalize
from .prompt import Extra
from .prompt.disclosure import Disclosure, Words, disclosure
from .prompt.templates import LoadedPrompt
from .providers.adapters import adapt
from .providers.addresses import same_host
from .providers.options import (
    GENERATION,
    ChatOptions,
    TurnOptions,
    check_proxy,
    check_ssl,
    check_transport,
    integer,
)
from .providers.registry import default_model, get_provider, resolve
from .run import Prompt, Run, Target
from .secrets import hides_secrets, secrets_in, wrap_secrets
from .session import loaded_session, session
from .text import sendable, single_line

if TYPE_CHECKING:
    from .outgoing import Outgoing
    from .prompt.attachments import Way


class Chat:
    """A conversation with a model.

    Args:
        model: ``provider:model``, such as ``openai:gpt-6-luna``; without it the one that ``%%chat`` would use.
        system: The system prompt.
        provider: Instead of a provider's name in ``model``: a name, a provider class (also one of g4f's), or
            an async-generator function that takes ``messages`` and yields text.
        conversation: A conversation to go on with; or the name of one of this notebook's, which ``%%chat -c``
            and the cell's identity are shared with.
        context: How many tokens the model can read at once, where that is not known. Of a longer conversation
            the oldest turns are not sent.
        nested: Drive synchronous calls on the notebook's own loop, which is patched for it: only for a
            provider that is bound to that loop (needs ``notebook_chat[nested]``).
        secrets: What is done where a prompt holds what looks like a key or a password: ``"send"`` sends it,
            ``"redact"`` replaces it, ``"refuse"`` raises. Without it the program that asks is trusted to know what it
            sends; in a notebook's own conversation the notebook's setting counts.
        **options: Options of every request: ``temperature, max_tokens, top_p, stop, seed, timeout, proxy,
            headers, extra_body, base_url, api_key, retries, ssl, transport, max_characters``.

    Raises:
        ConfigurationError: The model, the provider or an option is unknown, or none can be used yet.
    """

    @hides_secrets
    def __init__(
        self,
        model: str | None = None,
        *,
        system: str | None = None,
        provider: Any = None,
        conversation: Conversation | str | None = None,
        context: int | None = None,
        nested: bool = False,
        secrets: Literal["send", "redact", "refuse"] | Disclosure | None = None,
        **options: Unpack[ChatOptions],
    ) -> None:
        self.nested = nested
        self.context = context
        self._options = wrap_secrets(options)
        self._provider = get_provider(provider) if isinstance(provider, str) else provider and adapt(provider)
        self._model = model
        self._next_cell: Callable[[], str | None] = lambda: None
        self._this_cell: Callable[[], str | None] = lambda: None
        self._disclosure = disclosure("send" if secrets is None else secrets)
        self._discloses = secrets is not None  # as somebody has said
        if isinstance(conversation, str):
            session = loaded_session()
            conversation, self._next_cell = session.shared(conversation)
            self._this_cell = partial(session.this_cell, conversation)
            if secrets is None and session.disclosure is not None:
                self._disclosure, self._discloses = session.disclosure(), True
        if not isinstance(conversation, (Conversation, type(None))):
            raise InvalidOptionError(
                f"conversation must be a Conversation or a name, not {type(conversation).__name__}"
            )
        _check(context, int, "context must be a whole number of tokens")
        _check(system, str, "system must be a text")
        self.conversation = Conversation(system=sendable(system)) if conversation is None else conversation
        with faults.as_chat_errors(secrets=secrets_in(self._options)):
            self._given_for = self._target(model, self._options).provider

    @property
    def model(self) -> str:
        """Who answers, as ``provider:model``. May be set, also in the middle of the conversation."""
        return self._target(self._model, {}).name

    @model.setter
    def model(self, model: str) -> None:
        self._target(model, self._own_options(model))
        self._model = model

    @hides_secrets
    def ask(self, prompt: MessageLike | LoadedPrompt, **options: Unpack[TurnOptions]) -> Answer:
        """Asks and waits for the whole answer; also where an event loop runs already.

        Args:
            prompt: A text, a message of the user, or what ``notebook_chat.prompt.load`` gives.
            **options: Options of this turn alone, such as ``temperature``, ``model`` and ``files``.

        Raises:
            ChatError: The answer failed; what had come of it is in ``partial``.
        """
        loop_thread.refuse_at_exit()  # not even a module can be imported any more
        reply = self._opened(prompt, options)
        return runner.run(self._whole(reply), nested=self.nested, leave=reply.leave)

    @hides_secrets
    async def ask_async(self, prompt: MessageLike | LoadedPrompt, **options: Unpack[TurnOptions]) -> Answer:
        """As ``ask``, to be awaited."""
        return await self._whole(self._opened(prompt, await self._fetched(options)))

    @hides_secrets
    def stream(self, prompt: MessageLike | LoadedPrompt, **options: Unpack[TurnOptions]) -> Iterator[str]:
        """Asks and gives the pieces of the answer as they come; closing the iterator stops the answer."""
        loop_thread.refuse_at_exit()
        reply = self._opened(prompt, options)
        return runner.iterate(self._pieces(reply), nested=self.nested, leave=reply.leave)

    @hides_secrets
    def stream_async(
        self, prompt: MessageLike | LoadedPrompt, **options: Unpack[TurnOptions]
    ) -> AsyncGenerator[str]:
        """As ``stream``, for ``async for``."""
        if options.get("files"):
            return self._pieces_with_files(prompt, options)
        return self._pieces(self._opened(prompt, options))

    @hides_secrets
    def preview(
        self, prompt: MessageLike | LoadedPrompt, *, count: bool = False, **options: Unpack[TurnOptions]
    ) -> Outgoing:
        """What ``ask`` would send, byte for byte, to look at. Nothing is sent, and the conversation stays as it is.

        Args:
            prompt: As for ``ask``.
            count: Whether to have the service count the tokens, where it can. For that it is sent the messages.
            **options: As for ``ask``.

        Returns:
            The messages, the address, the body, the tokens, and what there is to know of them.

        Raises:
            ConfigurationError: The prompt, an image, the model or an option is not usable.
        """
        if options.get("cell") is None:
            options["cell"] = self._this_cell() or ""
        return self.reply(prompt, dry=not count, **options).preview(count=count)

    def _opened(self, prompt: MessageLike | LoadedPrompt, options: TurnOptions) -> Run:
        return self.reply(prompt, **options)

    async def _pieces_with_files(
        self, prompt: MessageLike | LoadedPrompt, options: TurnOptions
    ) -> AsyncGenerator[str]:
        reply = self._opened(prompt, await self._fetched(options))
        async with contextlib.aclosing(self._pieces(reply)) as pieces:
            async for piece in pieces:
                yield piece

    async def _fetched(self, options: TurnOptions) -> TurnOptions:
        """The options with what is at the addresses among the files: nobody's loop is held up by a network."""
        files = options.get("files")
        if not isinstance(files, (list, tuple)) or not files:
            return options
        from .prompt.attachments import fetched

        merged = {**self._own_options(options.get("model") or self._model), **wrap_secrets(options)}
        return {**options, "files": await fetched(files, _way(merged))}

    async def _whole(self, reply: Run) -> Answer:
        async for _ in reply.batches():
            pass
        assert reply.turn is not None
        return answer_of(reply.turn)

    async def _pieces(self, reply: Run) -> AsyncGenerator[str]:
        async with contextlib.aclosing(reply.batches()) as batches:
            async for batch in batches:
                for event in batch:
                    if isinstance(event, TextDelta):
                        yield event.text

    @hides_secrets
    def reply(
        self,
        prompt: MessageLike | LoadedPrompt | Composed,
        *,
        model: str | None = None,
        cell: str | None = None,
        system: str | None = None,
        fresh: bool = False,
        replaces: str | None = None,
        images: Sequence[Any] = (),
        files: Sequence[Any] = (),
        file_tokens: int | None = None,
        values: Mapping[str, Any] | None = None,
        context: Any = None,
        extras: Sequence[Extra] = (),
        typed: str | None = None,
        closing: str = "",
        wait: bool = False,
        dry: bool = False,
        by_hand: Disclosure | None = None,
        **options: Unpack[ChatOptions],
    ) -> Run:
        """An answer whose events the caller takes from the ``Run``. Nothing is sent before that.

        Args:
            prompt: A text, a message of the user, what ``notebook_chat.prompt.load`` gives, or what was composed
                before, which goes out as it is.
            model: Another model for this turn alone.
            cell: As in ``Turn``; ``""`` for no cell, also where one of a notebook runs now.
            system, fresh: As in ``Turn``.
            replaces: The id of a turn that is asked anew, in its place.
            images: Images to go with the prompt, each as ``images.image_part`` takes it: a file's path or
                bytes, a ``data:`` URL, a Pillow image, a matplotlib figure.
            files: Files to go with the prompt: paths, patterns such as ``data/*.csv``, addresses (which are fetched
                now), bytes, pairs of a name and bytes, open files.
            file_tokens: How much of each file is sent at most, in tokens; without it, 20,000, and less where there are
                many or the model cannot read as much.
            values: The variables that the prompt may name as ``{name}``; without it, braces mean nothing.
            context: The cells of the notebook that the prompt is about: how many above the one that asks, ``"all"``,
                ``"In[2:5]"`` (without 5) and the like, or a ``range`` of their numbers.
            extras: What goes before the prompt, ready as it is.
            typed: What the user typed, where the prompt is made of it.
            closing: What the message ends with, beside what the user typed.
            wait: Whether to wait for another answer that is coming in the conversation.
            dry: Whether it is only to be looked at: nobody is asked about secrets, and nothing is refused for them.
            by_hand: What looks at a prompt for secrets that somebody has written, and no program, unless the chat was
                told what to do about them.
            **options: Options of this request alone.

        Raises:
            ConfigurationError: The prompt, an image, a file, the model or an option is not usable.
            TransportError: A file cannot be fetched.
        """
        loaded = prompt if isinstance(prompt, LoadedPrompt) else LoadedPrompt("", "")
        with faults.as_chat_errors(secrets=(*secrets_in(self._options), *secrets_in(wrap_secrets(options)))):
            model = sendable(model) or loaded.model or self._model
            merged = {**self._own_options(model), **loaded.options, **wrap_secrets(options)}
            try:
                merged = sendable(merged)
            except RecursionError:
                raise InvalidOptionError("an option's value is nested too deeply") from None
            target = self._target(model, merged)
            message = prompt if isinstance(prompt, Composed) else _message(prompt)
            _check(images, (list, tuple), "images must be a list")
            _check(files, (list, tuple), "files must be a list")
            _check(system, str, "system must be a text")
            _check(values, Mapping, "values must be a dict of variables")
            limit = self._limit(target, merged)
            ingredients = Ingredients(
                values=values,
                errors=_errors(values),
                context=_cells(context),
                images=images,
                files=files,
                file_tokens=None if file_tokens is None else int(integer(1)("file_tokens", file_tokens)),
                room=limit,
                way=_way(merged) if files else None,
                blind="" if target.provider.takes_images else target.name,
                literals=loaded.literals,
                extras=extras,
                closing=closing,
                typed=loaded.typed or typed,
            )
            composed = compose(message, ingredients)
            given = sendable(loaded.system if system is None else system)
            disclosure = by_hand if by_hand is not None and not self._discloses else self._disclosure
            words, told = self._reviewed(composed, given, disclosure, dry)
            return Run(
                self.conversation,
                Prompt(
                    words.message,
                    self._next_cell() if cell is None else cell or None,
                    words.system,
                    fresh,
                    replaces,
                    words.typed,
                    composed.included,
                    composed.layout if words.message is composed.message else None,
                    not images and not _has_images(message),
                    told,
                ),
                target,
                merged,
                remembered=GENERATION,
                limit=limit,
                wait=wait,
            )

    def _reviewed(
        self, composed: Composed, system: str | None, disclosure: Disclosure, dry: bool
    ) -> tuple[Words, tuple[str, ...]]:
        """What the user sends anew, with what is to become of secrets in it, and what there is to tell of that."""
        turns, own = self.conversation.turns, None
        if system is None and not turns:
            own = self.conversation.system  # goes out for the first time
        words = Words(composed.message, composed.typed, system if own is None else own, composed.extras)
        review = disclosure.foresee if dry else disclosure.review
        reviewed, told = review(words, turns)
        if own is not None and reviewed.system == own:
            reviewed = replace(reviewed, system=system)
        return reviewed, told

    def _own_options(self, model: str | None) -> dict[str, Any]:
        """The chat's options for whoever is asked now. A key that it was given for one service goes to no other, unless
        it was given beside an address, which is asked then."""
        held = {name for name in self._options if name == "api_key" or name == "headers"}
        if not held or self._options.get("base_url"):
            return self._options
        now = self._target(model, {}).provider
        homes = (str(getattr(now, "url", "")), str(getattr(self._given_for, "url", "")))
        if now is self._given_for or (all(homes) and same_host(*homes)):
            return self._options
        return {name: value for name, value in self._options.items() if name not in held}

    def _limit(self, target: Target, options: Mapping[str, Any]) -> int | None:
        """How many tokens may go out, so that there is room for the answer."""
        context = self.context or target.provider.context_limit(target.model, options)
        if context is None:
            return None
        return int(max(context - min(options.get("max_tokens") or DEFAULT_RESERVE, context // 2), 1))

    def _target(self, model: str | None, options: Mapping[str, Any]) -> Target:
        """Who is asked; the options checked."""
        if self._provider is None:
            provider, own_name = resolve(model or default_model())
        else:
            provider, own_name = self._provider, model or ""
        provider.check_options(options)
        return Target(provider, own_name or provider.default_model)

    def __deepcopy__(self, memo: dict[int, Any]) -> Chat:
        """A chat that goes on by itself from here, in a branch of the conversation."""
        chat = copy.copy(self)
        memo[id(self)] = chat
        chat._options = dict(self._options)
        chat._next_cell = chat._this_cell = lambda: None
        chat.conversation = copy.deepcopy(self.conversation, memo)
        return chat

    def __repr__(self) -> str:
        return f"<Chat with {single_line(self.model)}, {len(self.conversation)} turns>"


def _check(value: Any, kind: type | tuple[type, ...], rule: str) -> None:
    """Refuses an argument of another type, before anything is sent.

    Raises:
        InvalidOptionError: It is of another type.
    """
    if value is not None and not isinstance(value, kind):
        raise InvalidOptionError(f"{rule}, not {type(value).__name__}")


def _message(prompt: MessageLike | LoadedPrompt) -> Message:
    [message] = normalize([prompt.text if isinstance(prompt, LoadedPrompt) else prompt])
    return message


def _has_images(given: Message | Composed) -> bool:
    """Whether the user has given images with a prompt."""
    if isinstance(given, Composed) and given.layout is not None:
        return given.layout.images > 0
    parts = given.message.parts if isinstance(given, Composed) else given.parts
    return any(isinstance(part, ImagePart) for part in parts)


def _cells(context: Any) -> Cells | None:
    """The cells of the running notebook that a prompt is about; ``None`` where none are asked for. Those that are
    chosen already stay.

    Raises:
        ConfigurationError: There is no notebook, or no such cells.
    """
    if isinstance(context, Cells):
        return context
    selection = CellSelection.of(context)
    if selection is None:
        return None
    notebook = session()
    if notebook is None:
        raise ConfigurationError(
            "context means cells of a notebook, and there is none here",
            hint="Run %load_ext notebook_chat first.",
        )
    return Cells(notebook.context(selection), notebook.cells_tokens, notebook.cells_figures)


def _errors(values: Mapping[str, Any] | None) -> Mapping[int, str] | None:
    """The tracebacks of the running notebook, where a prompt may name them."""
    notebook = session() if values is not None else None
    return notebook.records.errors if notebook is not None else None


def _way(options: Mapping[str, Any]) -> Way:
    """The way to files on the web: that of a chat's requests, without a key or a header of theirs. A certificate that
    is trusted there is trusted here; that any is trusted holds for the service alone."""
    from .prompt.attachments import Way

    return Way(
        check_transport(options.get("transport")),
        check_proxy(options.get("proxy")),
        check_ssl(options.get("ssl")) or True,
    )


def answer_of(turn: Turn) -> Answer:
    """What a turn has for whoever asked for it."""
    return Answer(
        turn.answer,
        model=turn.model,
        usage=turn.usage,
        finish_reason=turn.finish_reason,
        seconds=turn.seconds,
        parts=turn.parts,
    )
