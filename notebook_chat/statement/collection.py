"""Finding out how models were used in a notebook: from the ledger, and from its conversations."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any, NamedTuple

import msgspec

from ..conversation import Conversation, Turn, base_of
from ..ledger import chain
from ..ledger.departures import Selection, departures
from ..parts import SearchPart, ToolCallPart
from ..providers.options import CONNECTION
from ..renderers.footer import ending
from .facts import Log, ModelUse, Place, Prompt, Setting, Statement, SystemPrompt, Tool

_COLUMNS = (
    *("at", "status", "model", "answered_by", "turn", "input_tokens", "output_tokens", "estimated"),
    *("key", "requests", "finish_reason"),
)
_LONGEST = 80
_MOST_TOOLS = 20


class Asked(NamedTuple):
    """One time that a model was asked, or that an answer of it was played.

    Attributes:
        model: Who was asked, as ``provider:model``.
        named: What the service called it; empty where that is not known.
        at: When, in seconds since 1970; ``None`` where that is not known.
        status: How it ended, ``cut_off`` where the service did not let it come to its end; ``open``
            or ``lost`` where it has not, or nobody knows how.
        tokens: Those of input and output; ``None`` for what is not known.
        estimated: Whether they are an estimate, at least in part.
        options: The options; ``None`` where they are not known.
        turn: The id of its turn; empty where that is not known.
    """

    model: str
    named: str
    at: float | None
    status: str
    tokens: tuple[int | None, int | None]
    estimated: bool
    options: Mapping[str, Any] | None
    turn: str = ""


class Accounted(NamedTuple):
    """What the ledger knows of a notebook."""

    asked: list[Asked]
    turns: frozenset[str]
    places: list[Place]
    log: Log
    unsent: int = 0


def accounted(connection: sqlite3.Connection, selection: Selection) -> Accounted:
    """What the ledger knows of a notebook.

    Args:
        connection: The ledger's database.
        selection: Which requests are the notebook's.
    """
    own = ", ".join(["0", *("?" for _ in selection.conversations)])
    where = f"conversation IN ({own})" + (" OR notebook = ?" if selection.notebook else "")
    values = [*selection.conversations, *([selection.notebook] if selection.notebook else [])]
    left = "EXISTS (SELECT 1 FROM requests WHERE exchange = exchanges.id)"
    query = f"SELECT {', '.join(_COLUMNS)}, {left} FROM exchanges WHERE {where} ORDER BY at, id"
    found = [dict(zip((*_COLUMNS, "left"), row, strict=True)) for row in connection.execute(query, values)]
    rows = [row for row in found if row["requests"] or row["left"]]
    checked = chain.check(connection)
    log = Log(checked.head, checked.last, not checked.faults, checked.forgotten)
    turns = frozenset(str(row["turn"]) for row in found if row["turn"])
    unsent = len(found) - len(rows)
    return Accounted([_asked(row) for row in rows], turns, _places(connection, selection), log, unsent)


def collect(
    conversations: Sequence[Conversation],
    known: Accounted | None,
    *,
    notebook: Path | None,
    software: Mapping[str, str],
    cells: Mapping[str, str] | None,
    prompts: bool = False,
) -> Statement:
    """What is known of the use of models in a notebook.

    Args:
        conversations: The notebook's conversations.
        known: What the ledger knows; ``None`` where it cannot be read.
        notebook: The notebook's file; ``None`` where it is not known.
        software: The versions of what puts this together.
        cells: What the cells ask now, by their ids; ``None`` where they are not known.
        prompts: Whether the prompts are wanted.
    """
    turns = [(one, turn) for one in conversations for turn in one.turns]
    recorded = known.turns if known is not None else frozenset()
    foreign = [turn for _, turn in turns if turn.id not in recorded and not turn.replayed]
    asked = [
        *(known.asked if known is not None else ()),
        *(one for turn in foreign for one in _of_turn(turn)),
    ]
    own = {turn.id: turn for _, turn in turns}
    asked = [_completed(one, own.get(one.turn)) for one in asked]
    stale = sum(len(one.stale) for one in conversations)
    told = [_prompt(one, turn, cells) for one, turn in turns]
    statement = Statement(
        notebook.name if notebook is not None else "",
        time.time(),
        dict(software),
        _models(asked, [answer for _, turn in turns for answer in turn.answers if answer.replayed]),
        list(known.places) if known is not None else [],
        system_prompts=_system_prompts(conversations),
        tools=_tools(turn for _, turn in turns),
        searches=sum(isinstance(part, SearchPart) for _, turn in turns for part in turn.parts),
        turns=len(turns),
        replayed=sum(turn.replayed for _, turn in turns),
        changed=sum(one.changed for one in told),
        gone=sum(
            cells is not None and turn.cell is not None and base_of(turn.cell) not in cells
            for _, turn in turns
        ),
        stale=stale,
        checked_cells=cells is not None,
        elsewhere=sum(len(turn.answers) for turn in foreign),
        unsent=known.unsent if known is not None else 0,
        log=known.log if known is not None else None,
        prompts=told if prompts else None,
    )
    _settle(statement, asked)
    return statement


def _asked(row: dict[str, Any]) -> Asked:
    options: Mapping[str, Any] | None = None
    if isinstance(row["key"], str):
        try:
            found = msgspec.json.decode(row["key"]).get("options", {})
            options = found if isinstance(found, dict) else None
        except (ValueError, AttributeError, RecursionError):
            options = None
    tokens = tuple(_count(row[name]) for name in ("input_tokens", "output_tokens"))
    texts = {name: str(row[name] or "") for name in ("model", "answered_by", "status")}
    at = row["at"] if isinstance(row["at"], float) and row["at"] > 0 else None
    return Asked(
        texts["model"],
        _without_folders(texts["answered_by"]),
        at,
        _end(texts["status"], row["finish_reason"]),
        (tokens[0], tokens[1]),
        bool(row["estimated"]),
        options,
        str(row["turn"] or ""),
    )


def _end(status: str, reason: object) -> str:
    """How an answer ended; ``cut_off`` where the service did not let it come to its end."""
    cut = status == "complete" and isinstance(reason, str) and ending(reason)
    return "cut_off" if cut else status


def _without_folders(name: str) -> str:
    """What a service calls a model, without the folders of a file on the machine that it runs on."""
    path = PureWindowsPath(name)
    return path.name if path.is_absolute() or name.startswith(("/", "\\")) else name


def _completed(asked: Asked, turn: Turn | None) -> Asked:
    """With the options of its turn, where the ledger does not hold them."""
    if asked.options is None and turn is not None:
        for answer in turn.answers:
            if answer.model == asked.model:
                return asked._replace(options=answer.options)
    return asked


def _of_turn(turn: Turn) -> Iterator[Asked]:
    """What a turn tells of itself of which the ledger has no account."""
    for answer in turn.answers:
        usage = answer.usage
        tokens = (usage.input_tokens, usage.output_tokens) if usage is not None else (None, None)
        if not answer.replayed:
            yield Asked(
                answer.model,
                "",
                turn.at or None,
                _end(answer.status, answer.finish_reason),
                tokens,
                False,
                answer.options,
            )


def _places(connection: sqlite3.Connection, selection: Selection) -> list[Place]:
    found: dict[tuple[str, bool], Place] = {}
    for one in departures(connection, selection):
        embedded = one.stayed and one.model.startswith("local:")
        host = "" if embedded else one.host
        place = found.setdefault((host, embedded), Place(host, one.stayed, embedded))
        place.requests += 1
        place.other += not one.exchange
        if one.is_known:
            place.bytes = (place.bytes or 0) + one.size
    return sorted(found.values(), key=lambda place: -place.requests)


def _models(asked: Sequence[Asked], played: Sequence[Any]) -> list[ModelUse]:
    models: dict[str, ModelUse] = {}
    for one in sorted(asked, key=lambda one: one.at or 0.0):
        use = models.setdefault(one.model, ModelUse(one.model))
        use.prompts += 1
        if one.at is not None:
            use.first = min(use.first or one.at, one.at)
            use.last = max(use.last or one.at, one.at)
        use.answers[one.status] = use.answers.get(one.status, 0) + 1
        if one.named and one.named not in use.named:
            use.named.append(one.named)
        answered = one.status in ("complete", "cut_off", "stopped")
        use.unnamed += answered and not one.named
        given, made = one.tokens
        if given is not None:
            use.input_tokens = (use.input_tokens or 0) + given
        if made is not None:
            use.output_tokens = (use.output_tokens or 0) + made
        use.estimated += one.estimated
        use.untold += answered and given is None and made is None
    for answer in played:
        models.setdefault(answer.model, ModelUse(answer.model)).replayed += 1
    return list(models.values())


def _settle(statement: Statement, asked: Sequence[Asked]) -> None:
    """Counts the options."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in asked:
        if one.options is None:
            statement.unknown_settings += 1
            continue
        told = [(name, _value(name, value)) for name, value in one.options.items() if name not in CONNECTION]
        counts.update(told)
        statement.unset += not told
    statement.settings = [Setting(name, value, count) for (name, value), count in sorted(counts.items())]


def _value(name: str, value: Any) -> str:
    """An option's value in a line."""
    if name == "tools":
        names = list(_tool_names(value))
        more = f" and {len(names) - _MOST_TOOLS} more" if len(names) > _MOST_TOOLS else ""
        return ", ".join(name[:_LONGEST] for name in names[:_MOST_TOOLS]) + more
    if name == "schema" and isinstance(value, dict) and isinstance(title := value.get("title"), str):
        return f"a JSON schema, {title[:_LONGEST]}"
    if name == "schema":
        return "a JSON schema"
    text = json.dumps(
        msgspec.to_builtins(value, str_keys=True, enc_hook=repr), ensure_ascii=False, sort_keys=True
    )
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _tool_names(value: Any) -> Iterator[str]:
    """The names of tools, as the key of a request has them."""
    if isinstance(value, dict):
        if isinstance(name := value.get("name"), str):
            yield name
        elif isinstance(server := value.get("server"), str):
            yield f"the tools of {server}"
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _tool_names(one)
    elif isinstance(value, str):
        yield value


def _system_prompts(conversations: Sequence[Conversation]) -> list[SystemPrompt]:
    counts: Counter[str] = Counter()
    for conversation in conversations:
        text = conversation.system or ""
        for turn in conversation.turns:
            text = text if turn.system is None else turn.system
            counts[text] += bool(text)
    return [SystemPrompt(text, count) for text, count in counts.most_common() if text]


def _tools(turns: Iterator[Turn]) -> list[Tool]:
    counts = Counter(part.name for turn in turns for part in turn.parts if isinstance(part, ToolCallPart))
    return [Tool(name, count) for name, count in counts.most_common()]


def _prompt(conversation: Conversation, turn: Turn, cells: Mapping[str, str] | None) -> Prompt:
    now = (cells or {}).get(base_of(turn.cell)) if turn.cell is not None else None
    return Prompt(
        turn.asked,
        turn.model,
        turn.at or None,
        conversation.name,
        turn.status,
        turn.replayed,
        bool(now) and str(now).strip() != turn.asked.strip(),
        [one.name for one in turn.included],
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int else None
