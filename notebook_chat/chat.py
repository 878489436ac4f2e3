"""Chat: a provider, a conversation and options, and the way of an answer into the conversation."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack

import msgspec

from . import faults, loop_thread, runner
from .addressee import Addressee
from .answer import Answer
from .comparison import Comparison
from .composition import Composed, Ingredients, compose, reviewed, way_of
from .conversation import MOST_ANSWERS, Conversation
from .errors import InvalidOptionError
from .events import TextDelta
from .expectation import expectation
from .given_answers import answer_of, compared
from .ledger import Books
from .messages import MessageLike, ToolResultPart
from .plain_books import plain_books
from .policy import in_force
from .prompt import Extra
from .prompt.secrets.disclosure import Disclosure, disclosure
from .prompt.templates import LoadedPrompt
from .providers.abilities import needed
from .providers.options import REMEMBERED, ChatOptions, RunOptions, TurnOptions, check_text, integer
from .providers.registry import Provider
from .question import Asked, Prompt, samples
from .replay.modes import checked_mode
from .run import Run
from .secrets import hides_secrets, secrets_in, wrap_secrets
from .session import loaded_session, session
from .spending.budgeted_books import budgeted
from .spending.budgets import OF_CHAT, budgets_of
from .spending.tally import Spent, Tally
from .text import sendable, single_line
from .tool_spec import ToolSpec
from .tools import (
    ROUNDS,
    Asking,
    Confirmation,
    Confirmer,
    Permit,
    ToolUse,
    registered,
    sources_of,
    with_tool,
    without_tool,
)
from .tools.permissions import Permissions, permit_of

if TYPE_CHECKING:
    from .outgoing import Outgoing
    from .schemas import Shape

T = TypeVar("T")


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
        tools: What the model may have run: functions, ``Tool``s, or names: ``notebook``, ``edit``, ``run``, or that of
            an MCP server. Functions that are given here run without a question.
        permit: Who decides about calls of other tools: ``"ask"`` asks in the notebook or the terminal; a function
            takes a ``Confirmation`` and says ``True`` or ``False``; or a ``Permit``. Without it whoever does so in the
            notebook, and else the user's lasting rules alone: what they do not allow is not run.
        rounds: How often the results of tools are given back in one answer, at most.
        replay: How answers from before are used: ``"off"`` asks; ``"auto"`` takes the answer from any record of the
            same request, and asks where there is none; ``"only"`` never asks; ``"refresh"`` asks, and its answer takes
            the place of the records; ``"keep"`` keeps the answer of the turn in whose place this one comes, where the
            request is the same. Without it as the notebook is set, or the variable ``NOTEBOOK_CHAT_REPLAY``.
        record: A file, such as ``"analysis.chat.jsonl"``, in which answers are looked for and written down.
        budget: What may be used at most before this chat sends nothing more: ``"2 USD / day"``,
            ``"200k tokens / hour for openai:*"``, or several with commas between them. It is counted over all that
            this user asks anywhere; with ``for conversation`` over this chat alone.
        **options: Options of every request: ``temperature, max_tokens, top_p, stop, seed, timeout, proxy,
            headers, extra_body, base_url, api_key, retries, ssl, transport, max_characters, pace``; and ``schema``, the
            data that every answer is to be.

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
        tools: Sequence[Any] = (),
        permit: Permit | Literal["ask"] | Callable[[Confirmation], Any] | None = None,
        rounds: int = ROUNDS,
        replay: str | None = None,
        record: str | PathLike[str] | None = None,
        budget: str | None = None,
        **options: Unpack[ChatOptions],
    ) -> None:
        self._replay = None if replay is None else checked_mode(replay)
        self._record = record
        self.nested = nested
        if context is not None and not isinstance(context, int):
            raise InvalidOptionError(
                f"context must be a whole number of tokens, not {type(context).__name__}"
            )
        self.context = context
        self._options = wrap_secrets(options)
        self._schema: Any = self._options.pop("schema", None)
        if self._schema is not None:
            self._schema = _shape(self._schema)
        self._rounds = int(integer(1)("rounds", rounds))
        self._budget = budgets_of(budget, OF_CHAT)
        self._permit = None if permit is None else permit_of(permit)
        self._tools = registered(tools)
        self._addressee = Addressee(provider, self._options)
        self._model = model
        self.conversation = Conversation()
        self._next_cell: Callable[[], str | None] = lambda: None
        self._this_cell: Callable[[], str | None] = lambda: None
        self._disclosure = disclosure("send" if secrets is None else secrets)
        self._discloses = secrets is not None  # as somebody has said
        self._tally = Tally()
        if isinstance(conversation, str):
            notebook = loaded_session()
            conversation, self._next_cell = notebook.shared(conversation)
            self._this_cell = partial(notebook.this_cell, conversation)
            if secrets is None and notebook.disclosure is not None:
                self._disclosure, self._discloses = notebook.disclosure(), True
        if not isinstance(conversation, (Conversation, type(None))):
            raise InvalidOptionError(
                f"conversation must be a Conversation or a name, not {type(conversation).__name__}"
            )
        if system is not None:
            check_text("system", system)
        self.conversation = Conversation(system=sendable(system)) if conversation is None else conversation
        with faults.as_chat_errors(secrets=secrets_in(self._options)):
            books = self._books(None, None, False)
            known = self._model_from_before(books, "", None) if model is None else None
            self._addressee.check(model or known)

    @property
    def model(self) -> str:
        """Who answers, as ``provider:model``. May be set, also in the middle of the conversation."""
        return self._addressee.target(self._model, {}).name

    @model.setter
    def model(self, model: str) -> None:
        self._addressee.target(model, self._addressee.options(model))
        self._model = model

    @property
    def provider(self) -> Provider:
        """Who is asked."""
        return self._addressee.target(self._model, {}).provider

    @property
    def usage(self) -> Spent:
        """What this chat has used since it was made: tokens, requests, and what they cost, as far as that is known. An
        answer that was stopped, failed or replaced counts as well, and so do all rounds of tools and all models of a
        comparison; one from before that was only shown again counts as nothing."""
        return self._tally.spent

    @property
    def limit(self) -> int | None:
        """How many tokens may go out with a prompt; ``None`` where that is not known."""
        options = self._addressee.options(self._model)
        return self._addressee.limit(self._addressee.target(self._model, {}), options, self.context)

    def register_tool(self, function: T, /) -> T:
        """Gives the model one more tool, from the next question on. It can stand above a function:
        ``@chat.register_tool``. A function takes the place of another of the same name.

        Args:
            function: A function, or whatever else ``tools`` takes.

        Returns:
            The same.

        Raises:
            InvalidOptionError: It is no tool.
        """
        self._tools = with_tool(self._tools, function)
        return function

    def unregister_tool(self, function: Any, /) -> None:
        """Takes a tool off the model, from the next question on.

        Args:
            function: What was given as one, or the name that the model calls it by.

        Raises:
            InvalidOptionError: It is no tool of this chat.
        """
        self._tools = without_tool(self._tools, function)

    def in_conversation(self, conversation: Conversation) -> Chat:
        """The same chat with another conversation.

        Args:
            conversation: The conversation.
        """
        chat = copy.copy(self)
        chat._next_cell = chat._this_cell = lambda: None
        chat.conversation = conversation
        return chat

    def asking(self, confirmer: Confirmer) -> Chat:
        """The same chat in the same conversation, where somebody else asks the user whether a tool may run, as far as
        whoever decides about that asks at all.

        Args:
            confirmer: Who asks.
        """
        chat, notebook = copy.copy(self), session()
        permit = self._permit
        if permit is None and notebook is not None and notebook.permit is not None:
            permit = notebook.permit()
        chat._permit = permit.asking(confirmer) if isinstance(permit, Asking) else permit
        return chat

    @hides_secrets
    def ask(self, prompt: MessageLike | LoadedPrompt, **options: Unpack[TurnOptions]) -> Answer:
        """Asks and waits for the whole answer; also where an event loop runs already.

        Args:
            prompt: A text, a message of the user, or what ``notebook_chat.prompt.load`` gives.
            **options: Options of this turn alone, such as ``temperature``, ``model``, ``files``, and ``schema``, the
                data that the answer is to be: a class (of pydantic, dataclass, TypedDict, msgspec Struct),
                ``list[Class]``, a JSON schema, or fields in short, such as ``"name, age int"``. ``answer.data`` has
                them.

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
        """Asks and gives the pieces of the answer as they come; closing the iterator stops the answer.

        With a ``schema``, it raises ``DataError`` at the end where the pieces are not the data: what was given cannot
        be taken back, so they are not asked for once more.
        """
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
    def compare(
        self, prompt: MessageLike | LoadedPrompt, models: Sequence[str], **options: Unpack[TurnOptions]
    ) -> list[Answer]:
        """Asks several models the same at once, and waits for all answers. The first one's stays in the conversation,
        or where that one fails, the first that does not; the others are the ``alternatives`` of its turn.

        Args:
            prompt: As for ``ask``.
            models: Who is asked, each as ``provider:model``.
            **options: As for ``ask``, for all of them alike.

        Returns:
            The answers, in the order of the models. Of one that failed ``error`` says why, and it has what had come.

        Raises:
            ChatError: None has answered, or nothing could be asked.
        """
        loop_thread.refuse_at_exit()
        asked = self.comparison(prompt, models, options=options)
        return runner.run(compared(asked), nested=self.nested, leave=asked.leave)

    @hides_secrets
    async def compare_async(
        self, prompt: MessageLike | LoadedPrompt, models: Sequence[str], **options: Unpack[TurnOptions]
    ) -> list[Answer]:
        """As ``compare``, to be awaited."""
        return await compared(self.comparison(prompt, models, options=await self._fetched(options)))

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

        merged = {**self._addressee.options(options.get("model") or self._model), **wrap_secrets(options)}
        books = self._books(options.get("replay"), options.get("record"), False)
        return {**options, "files": await fetched(files, way_of(merged, books))}

    async def _whole(self, reply: Run) -> Answer:
        async for _ in reply.batches():
            pass
        assert reply.turn is not None
        return answer_of(reply.turn, reply.expected)

    async def _pieces(self, reply: Run) -> AsyncGenerator[str]:
        reply.repairs = False
        texted = apart = False
        async with contextlib.aclosing(reply.batches()) as batches:
            async for batch in batches:
                for event in batch:
                    if isinstance(event, TextDelta):
                        if apart:
                            yield "\n\n"  # as the text of the turn has it
                        texted, apart = True, False
                        yield event.text
                    elif isinstance(event, ToolResultPart):
                        apart = texted and not reply.replayed  # whose text has it
        if reply.expected is not None and reply.expected.error is not None:
            raise reply.expected.error

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
        schema: Any = None,
        tools: Sequence[Any] | None = None,
        replay: str | None = None,
        record: str | PathLike[str] | None = None,
        over_budget: bool = False,
        sample: str = "",
        **options: Unpack[RunOptions],
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
            schema: The data that the answer is to be, as ``schemas.shape_of`` takes it.
            tools: What the model may have run, beside the tools of the chat; ``None`` for these alone, an empty list
                for none at all.
            replay, record: As for ``Chat``, for this turn alone.
            over_budget: Whether it may pass the user's budgets; not that of the machine's policy.
            sample: Which of several answers to the same it is, as ``Asked`` has it; its records are its own.
            **options: Options of this request alone.

        Raises:
            ConfigurationError: The prompt, an image, a file, the model or an option is not usable.
            TransportError: A file cannot be fetched.
        """
        words, [asked] = self.question(
            prompt,
            (model,),
            cell=cell,
            system=system,
            fresh=fresh,
            replaces=replaces,
            images=images,
            files=files,
            file_tokens=file_tokens,
            values=values,
            context=context,
            extras=extras,
            typed=typed,
            closing=closing,
            schema=schema,
            tools=tools,
            replay=replay,
            record=record,
            over_budget=over_budget,
            sample=sample,
            dry=dry,
            by_hand=by_hand,
            options=options,
        )
        return Run(
            self.conversation,
            words,
            asked,
            remembered=REMEMBERED,
            wait=wait,
            expected=expectation(asked),
        )

    @hides_secrets
    def comparison(
        self,
        prompt: MessageLike | LoadedPrompt | Composed,
        models: Sequence[str],
        *,
        wait: bool = False,
        dry: bool = False,
        options: TurnOptions | None = None,
        **more: Any,
    ) -> Comparison:
        """Several answers to one question, whose events the caller takes from the ``Comparison``. Nothing is sent
        before that. The prompt is put together once, so that each model is sent the same.

        Args:
            prompt: As for ``reply``.
            models: Who is asked, each as ``provider:model``; one that is named twice is asked twice.
            wait, dry: As for ``reply``.
            options: The options of the turn; ``model`` is none of them.
            **more: What else ``reply`` takes.

        Raises:
            ConfigurationError: As for ``reply``; or a model cannot be asked at all.
        """
        named = _checked_models(models)
        given = {**(options or {}), **more}
        if given.pop("model", None) is not None:
            raise InvalidOptionError("model is given beside models", hint="Name all of them in models.")
        own = {name: given.pop(name) for name in _OF_PROMPT & given.keys()}
        words, asked = self.question(prompt, named, dry=dry, options=given, **own)
        return Comparison(self.conversation, words, asked, remembered=REMEMBERED, wait=wait)

    def question(
        self,
        prompt: MessageLike | LoadedPrompt | Composed,
        models: Sequence[str | None],
        *,
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
        schema: Any = None,
        tools: Sequence[Any] | None = None,
        replay: str | None = None,
        record: str | PathLike[str] | None = None,
        over_budget: bool = False,
        sample: str = "",
        dry: bool = False,
        by_hand: Disclosure | None = None,
        options: Mapping[str, Any],
    ) -> tuple[Prompt, list[Asked]]:
        """What is asked, and who, before anybody is.

        Args:
            models: Who is asked; ``None`` for whom the chat asks.
            options: The options of the request, by name.
            Others: As for ``reply``.

        Raises:
            ConfigurationError: As for ``reply``.
        """
        loaded = prompt if isinstance(prompt, LoadedPrompt) else LoadedPrompt("", "")
        with faults.as_chat_errors(secrets=(*secrets_in(self._options), *secrets_in(wrap_secrets(options)))):
            shape = self._schema if schema is None else _shape(schema)
            use, books = self._use(tools), self._books(replay, record, over_budget)
            named = [sendable(model) or loaded.model or self._model for model in models]
            if books is not None and not all(named):
                asked_for = loaded.typed or typed or (prompt if isinstance(prompt, str) else "")
                known = self._model_from_before(books, asked_for, self._this_cell() if cell is None else cell)
                named = [model or known for model in named]
            asked = samples([self._asked(model, loaded, options, shape, use, books) for model in named])
            if sample:
                asked = [msgspec.structs.replace(one, sample=sample) for one in asked]
            if system is not None:
                check_text("system", system)
            ingredients = Ingredients.gathered(
                values=values,
                context=context,
                images=images,
                files=files,
                file_tokens=file_tokens,
                room=min((one.limit for one in asked if one.limit is not None), default=None),
                way=way_of(asked[0].options, books) if files else None,
                asked=tuple(one.target for one in asked),
                literals=loaded.literals,
                extras=extras,
                closing=closing,
                typed=loaded.typed or typed,
            )
            composed = compose(prompt, ingredients)
            system = sendable(loaded.system if system is None else system)
            disclosure = self._disclosure if by_hand is None or self._discloses else by_hand
            words, told = reviewed(composed, system, self.conversation, disclosure, dry=dry)
            return (
                Prompt(
                    words.message,
                    self._next_cell() if cell is None else cell or None,
                    words.system,
                    fresh,
                    replaces,
                    words.typed,
                    composed.included,
                    composed.layout if words.message is composed.message else None,
                    composed.figures,
                    told,
                ),
                asked,
            )

    def _use(self, tools: Sequence[Any] | None) -> ToolUse | None:
        """The tools of one question; ``None`` for none."""
        if tools is not None and not tools:
            return None
        sources = (*(one.source for one in self._tools), *sources_of(tools or ()))
        if not sources:
            return None
        policy = in_force()
        for tool in (tool for source in sources for tool in source.known or ()):
            policy.check_kind(tool.kind)
        most = policy.budget.rounds
        rounds = self._rounds if most is None else min(self._rounds, most)
        return ToolUse(sources, self._permit or _usual_permit(), rounds)

    def _asked(
        self,
        model: str | None,
        loaded: LoadedPrompt,
        options: Mapping[str, Any],
        shape: Shape | None,
        use: ToolUse | None,
        books: Books | None,
    ) -> Asked:
        """Who is asked under a model's name, with the options for whoever that is."""
        merged = {**self._addressee.options(model), **loaded.options, **wrap_secrets(options)}
        merged = in_force().within_budget(merged)
        if shape is not None:
            merged["schema"] = dict(shape.json_schema)
        try:
            merged = sendable(merged)
        except RecursionError:
            raise InvalidOptionError("an option's value is nested too deeply") from None
        tools = {"tools": _SOME_TOOL} if use is not None else {}
        target = self._addressee.target(model, merged | tools)
        merged = _paced(needed(target.facts, merged), target.provider)
        limit = self._addressee.limit(target, merged, self.context)
        return Asked(target, merged, limit, shape, use, books, self._tally)

    def _books(
        self, replay: str | None, record: str | PathLike[str] | None, over_budget: bool
    ) -> Books | None:
        """What is done about an exchange besides asking: as the notebook has it, where one is loaded.

        Raises:
            ConfigurationError: A mode, a path or a budget is none.
        """
        replay, record = replay or self._replay, record or self._record
        loaded = session()
        if loaded is not None and loaded.books is not None:
            books = loaded.books(self.conversation, replay=replay, record=record)
        else:
            books = plain_books(replay, record)
        return budgeted(books, self._budget, over_budget)

    def _model_from_before(self, books: Books | None, typed: str, cell: str | None) -> str | None:
        """Who has answered before what is asked, where nobody is named and answers from before are used: it need not
        be anybody who can be asked here."""
        replay = books.replay if books is not None else None
        if replay is None or self._model is not None or self._addressee.provider is not None:
            return None
        return replay.model_for(typed, cell)

    def usable(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some options, which an earlier turn may have had of another model, that can be had now, too.

        Args:
            options: The options by name; what is ``None`` is none.
        """
        own = self._addressee.options(self._model)
        kept = {}
        for name, value in options.items():
            with contextlib.suppress(InvalidOptionError):
                if value is not None:
                    self._addressee.target(self._model, {**own, name: value})
                    kept[name] = value
        return kept

    def __deepcopy__(self, memo: dict[int, Any]) -> Chat:
        """A chat that goes on by itself from here, in a branch of the conversation."""
        chat = self.in_conversation(copy.deepcopy(self.conversation, memo))
        memo[id(self)] = chat
        chat._options = dict(self._options)
        chat._tally = Tally()
        return chat

    def __repr__(self) -> str:
        return f"<Chat with {single_line(self.model)}, {len(self.conversation)} turns>"


def _paced(options: dict[str, Any], provider: Provider) -> dict[str, Any]:
    """Options with how fast may be asked: as the notebook has it, where nobody says otherwise."""
    loaded = session()
    if loaded is None or not loaded.pace or "pace" in options or not provider.takes_transport:
        return options
    return {**options, "pace": loaded.pace}


def _usual_permit() -> Permit:
    """Who decides about calls where nobody has said."""
    loaded = session()
    found: Permit | None = loaded.permit() if loaded is not None and loaded.permit is not None else None
    return found or Permissions()


_SOME_TOOL = (ToolSpec("tool"),)
"""What stands for the tools where it is checked whether a model can be asked to use any."""

_OF_PROMPT = frozenset(
    {
        *("cell", "system", "fresh", "replaces", "images", "files", "file_tokens"),
        *("values", "context", "extras", "typed", "closing", "schema", "tools", "over_budget", "by_hand"),
        *("replay", "record"),
    }
)
"""What ``reply`` takes besides the options of requests."""


def _checked_models(models: Sequence[str]) -> list[str]:
    """The models that are to be asked side by side.

    Raises:
        InvalidOptionError: They are none, or too many.
    """
    if isinstance(models, str) or not isinstance(models, Sequence):
        raise InvalidOptionError(f"models must be a list of names, not {type(models).__name__}")
    if not all(isinstance(model, str) and model.strip() for model in models):
        raise InvalidOptionError("each model must be a name, such as openai:gpt-6-luna")
    if not 1 <= len(models) <= MOST_ANSWERS:
        raise InvalidOptionError(
            f"{len(models)} models are named",
            hint=f"From 1 to {MOST_ANSWERS} can be asked side by side.",
        )
    return list(models)


def _shape(schema: Any) -> Shape:
    from .schemas import shape_of

    return shape_of(schema)
