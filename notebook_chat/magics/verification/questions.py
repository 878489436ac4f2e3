"""What a cell would ask, as far as that can be told without running anything."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ...asked_request import request_key
from ...cell_selection import CellSelection
from ...composition import Composed
from ...conversation import ContextDigests, Conversation, Draft, Turn
from ...errors import ChatError, InvalidMessagesError, InvalidOptionError
from ...ledger import RequestKey
from ...prompt import LoadedPrompt
from ...prompt.attachments.fetching import is_address
from ...prompt.braces.places import find_places
from ...prompt.templates import find_template
from ...question import Asked, Prompt
from ...replay.modes import checked_mode
from ...schemas import Shape
from ...session import DEFAULT
from ...store import asked_in_cell
from ...text import sendable, single_line
from ..arguments import parse_cell_line
from ..asked_data import named_shape
from ..asking import CODE, chat_of
from ..cell import options_and_prompt
from ..mcp_prompts import is_resource, is_server_prompt
from ..prompt_commands import filled_in
from .acts import Ask
from .static_notebook import StaticNotebook
from .static_tools import StaticTools

_NAMED = re.compile(r"[\w.\s|\[\]]+")
_LONGEST = 60  # characters of a name


@dataclass(frozen=True)
class Open:
    """What of a question is known only when the notebook runs.

    Attributes:
        names: It, in words for the reader.
        fields: What of the request it is about: ``message``, ``tools``, ``schema``, ``model``, ``before`` (what was
            said before).
    """

    names: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()

    def with_(self, field: str, *names: str) -> Open:
        """It, and something more."""
        return Open((*self.names, *names), self.fields | {field}) if names else self


@dataclass(frozen=True)
class Question:
    """What a cell would ask.

    Attributes:
        prompt: What is asked.
        asked: Who is asked, and how.
        typed: What stands in the cell, as a turn remembers it.
        open: What is known only when the notebook runs.
        assumed: Whether what is not known was taken from a turn of before.
        draft: The turn, with all that goes out before it.
        digests: What remembers the digests of its conversation.
    """

    prompt: Prompt
    asked: tuple[Asked, ...]
    typed: str
    draft: Draft
    open: Open = field(default_factory=Open)
    assumed: bool = False
    digests: ContextDigests | None = None

    @property
    def keys(self) -> list[RequestKey]:
        """What the requests are known by, one for each model that is asked."""
        return [request_key(one, self.draft, self.digests) for one in self.asked]


class Asking:
    """A cell that asks, read.

    Args:
        options: What its line says.
        text: What it asks.
        typed: The same, as a turn remembers it.
        notebook: The notebook, as it is when the cell runs.
        open: What of it is known only when the notebook runs.

    Raises:
        ChatError: It fails before it asks anybody.
    """

    def __init__(
        self,
        options: Namespace,
        text: str | LoadedPrompt,
        typed: str,
        notebook: StaticNotebook,
        open: Open = Open(),
    ) -> None:
        self.options = options
        self.typed = typed
        self.open = open
        self._text = text
        self._settings = notebook.settings
        self._notebook = notebook
        self._read()

    @classmethod
    def of_cell(cls, ask: Ask, notebook: StaticNotebook) -> Self | None:
        """A ``%%chat`` cell; ``None`` where it asks nobody.

        Args:
            ask: The cell.
            notebook: The notebook, as it is when the cell runs.

        Raises:
            ChatError: It fails before it asks anybody.
        """
        line, body = options_and_prompt(sendable(ask.line), sendable(ask.body))
        options = parse_cell_line(line)
        if options.dry_run:
            return None
        if options.prompt is None:
            if not body.strip():
                raise InvalidMessagesError("the prompt is empty", hint="Write it beneath %%chat.")
            return cls(options, body, body, notebook)
        typed = asked_in_cell(line, body)
        if is_server_prompt(options.prompt):
            told = f"the prompt @{single_line(options.prompt)[:_LONGEST]} of a server"
            return cls(options, LoadedPrompt(typed, typed), typed, notebook, Open().with_("message", told))
        loaded = filled_in(find_template(options.prompt, notebook.folder), options, body)
        return cls(options, replace(loaded, typed=typed), typed, notebook)

    @classmethod
    def of_command(cls, name: str, arguments: Namespace, notebook: StaticNotebook) -> Self:
        """A line of ``%chat`` that asks about a cell.

        Args:
            name: ``fix`` or ``explain``.
            arguments: What the line says.
            notebook: The notebook, as it is when the line runs.

        Raises:
            ChatError: It fails before it asks anybody.
        """
        options = parse_cell_line("")
        options.model, options.conversation = arguments.model, arguments.conversation
        options.raw = True
        typed = " ".join(("%chat", name, *arguments.what))
        about = "the error" if name == "fix" else "the cell it is about"
        return cls(options, typed, typed, notebook, Open().with_("message", about))

    @property
    def conversation(self) -> str:
        """The name of its conversation."""
        return str(self.options.conversation or DEFAULT)

    @property
    def fresh(self) -> bool:
        """Whether it starts over."""
        return bool(self.options.new)

    @property
    def mode(self) -> str:
        """How answers from before are used, where its line or a setting says so; empty where nothing does.

        Raises:
            InvalidOptionError: What says so is no mode.
        """
        said = self.options.replay or self._settings.replay
        return checked_mode(said) if said else ""

    def question(
        self, conversation: Conversation, past: Turn | None, model_for: Callable[[str], str | None]
    ) -> Question:
        """What it would ask.

        Args:
            conversation: What has been said before.
            past: What it has asked before, from which is taken what is not known; ``None`` for nothing.
            model_for: Who has answered before what is asked, where nobody is named.

        Raises:
            ChatError: It fails before it asks anybody.
        """
        options, settings = self.options, self._settings
        past = past if past is not None and self.open.fields and self._is_same(past) else None
        prompt: str | LoadedPrompt | Composed = self._text
        more: dict[str, Any] = {"schema": self._shape}
        if past is not None and "message" in self.open.fields:
            prompt = replace(Composed.again(past), typed=self.typed)
        else:
            more |= {"files": self._files, "file_tokens": options.file_tokens, "closing": self._closing}
            more["values"] = None if options.raw else {}
        if past is not None and "schema" in self.open.fields:
            more["schema"] = past.options.get("schema")
        if past is not None and "model" in self.open.fields:
            options = Namespace(**{**vars(options), "model": past.model})
        of_file = self._text.model if isinstance(self._text, LoadedPrompt) else None
        if not (options.model or of_file or settings.model) and (known := model_for(self.typed)):
            options = Namespace(**{**vars(options), "model": known})
        if options.tools or settings.tools:
            more["tools"] = self._tools
        # What is known from before is looked up here.
        options = Namespace(**{**vars(options), "replay": "off"})
        chat = chat_of(self._text, options, conversation, self._notebook.told_settings)
        models: Sequence[str | None] = options.models if len(options.models) > 1 else (None,)
        asks, who = chat.question(
            prompt, models, cell="", system=options.system, fresh=options.new, options={}, **more
        )
        draft = conversation.sketch(**asks.place)
        digests = conversation.digests
        return Question(asks, tuple(who), self.typed, draft, self.open, past is not None, digests)

    def _is_same(self, past: Turn) -> bool:
        """Whether a turn has asked what it asks now, as far as that is known."""
        if past.asked != self.typed:
            return False
        if self._closing and not past.prompt.text.endswith(self._closing):
            return False
        had = {one.name: one.digest for one in past.included}
        return all(name in had and digest in ("", had[name]) for name, digest in self._along)

    # --- what it is made of

    def _read(self) -> None:
        """Finds what can be known, and what cannot."""
        options, settings = self.options, self._settings
        text = self._text.text if isinstance(self._text, LoadedPrompt) else self._text
        if not options.raw and "message" not in self.open.fields:
            paths = dict.fromkeys(f"{{{place.path}}}" for place in find_places(text))
            self.open = self.open.with_("message", *paths)
        cells = settings.cells if options.context is None else options.context
        if "cells" in settings.unknown and options.context is None:
            self.open = self.open.with_("message", "the setting cells")
        elif CellSelection.of(cells) is not None:
            self.open = self.open.with_("message", f"--context {cells}")
        self._closing = CODE if options.format == "code" and not options.raw else ""
        if not options.models and "model" in settings.unknown:
            self.open = self.open.with_("model", "the setting model")
        self._shape = self._known_shape()
        tools = StaticTools(options.tools, settings.tools, self._notebook)
        self._tools = tools.sources
        unknown = ["the setting tools"] if "tools" in settings.unknown and not options.tools else []
        self.open = self.open.with_("tools", *unknown, *tools.unknown)
        self._files, self._along = self._known_files(options.attach)

    def _known_shape(self) -> Shape | None:
        from ...schemas import shape_of

        schema = self.options.schema
        if schema is None:
            return shape_of({}) if self.options.format == "json" else None
        try:
            return named_shape(schema, {})
        except InvalidOptionError:
            if not _NAMED.fullmatch(schema) or schema.strip().lower().endswith(".json"):
                raise
            self.open = self.open.with_("schema", f"the schema {single_line(schema)[:_LONGEST]}")
            return None

    def _known_files(self, named: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
        """The files that can be read now, and what there is to know them by."""
        files: list[str] = []
        along: list[tuple[str, str]] = []
        for name in named:
            told = single_line(name)[:_LONGEST]
            if is_resource(name):
                self.open = self.open.with_("message", f"the resource {told}")
            elif is_address(name.strip()):
                self.open = self.open.with_("message", f"what is at {told}")
            else:
                try:
                    along += _known_by(name)
                    files.append(name)
                except (ChatError, OSError):
                    self.open = self.open.with_("message", f"the file {told}, which is not there now")
        return files, along


def _known_by(name: str) -> list[tuple[str, str]]:
    from ...prompt.attachments import Budget, Recipient, Way, attach

    extras = attach([name], Budget(), Way(None, None, True), Recipient())
    return [(extra.name, extra.digest) for extra in extras]
