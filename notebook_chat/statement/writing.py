"""A statement as Markdown that can be pasted into a paper, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ..prompt.secrets.secret_search import masked
from ..text import fenced, printable, sendable, single_line
from .facts import ModelUse, Place, Prompt, Statement

_STATES = {
    "complete": "complete",
    "cut_off": "cut off by the service",
    "stopped": "stopped by the user",
    "failed": "failed",
    "open": "not ended when this was written",
    "lost": "cut off when the kernel ended",
}


def as_json(statement: Statement) -> str:
    """A statement for machines: what is not known is ``null``, empty or absent.

    Args:
        statement: The statement.
    """
    told = {**_masked(msgspec.to_builtins(statement)), "log": msgspec.to_builtins(statement.log)}
    return msgspec.json.format(msgspec.json.encode(sendable(told)), indent=1).decode() + "\n"


def _masked(value: Any) -> Any:
    """A value without what looks like a secret in its texts."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: _masked(one) for name, one in value.items()}
    return list(map(_masked, value)) if isinstance(value, list) else value


def as_markdown(statement: Statement) -> str:
    """A statement as Markdown: facts, and what is not known.

    Args:
        statement: The statement.
    """
    sections = [
        _head(statement),
        _models(statement),
        _places(statement.places),
        _settings(statement),
        _system_prompts(statement),
        _since(statement),
        _unknown(statement),
        _evidence(statement),
        _prompts(statement.prompts) if statement.prompts is not None else "",
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _head(statement: Statement) -> str:
    software = ", ".join(f"{name} {version}" for name, version in statement.software.items())
    about = f" in {_code(statement.notebook)}" if statement.notebook else ""
    lines = [
        "# Use of AI",
        f"Recorded{about} by {single_line(software)}, and put together on {_day(statement.written)}."
        f" Dates are local ones ({_zone(statement.written)}).",
    ]
    if not statement.models:
        return "\n\n".join([*lines, "No use of a model is on record here."])
    prompts = sum(use.prompts for use in statement.models)
    answers = sum(use.answers.get("complete", 0) for use in statement.models)
    times = [at for use in statement.models for at in (use.first, use.last) if at is not None]
    days = [_day(min(times)), _day(max(times))] if times else []
    span = (
        f" between {days[0]} and {days[1]}"
        if len(set(days)) > 1
        else "".join(f" on {day}" for day in days[:1])
    )
    named = [_code(use.model) for use in statement.models if use.prompts]
    if not prompts:
        told = "No prompt was sent; what stands in the notebook was taken from records."
    else:
        were = "was" if prompts == 1 else "were"
        sent = f"{_number(prompts, 'prompt')} {were} sent to {_listed(named)}{span}"
        told = f"{sent}, of which {answers:,} {'was' if answers == 1 else 'were'} answered to the end."
    if statement.unsent:
        were = "was" if statement.unsent == 1 else "were"
        more = _number(statement.unsent, "more prompt")
        told += f" {more} {were} refused or stopped before anything was sent."
    return "\n\n".join([*lines, told])


def _models(statement: Statement) -> str:
    if not statement.models:
        return ""
    rows = [_row(use) for use in statement.models]
    head = (
        "Model",
        "Named by the service",
        "First used",
        "Last used",
        "Prompts",
        "Answers",
        "Tokens in",
        "Tokens out",
    )
    return "## Models\n\n" + _table(head, rows)


def _row(use: ModelUse) -> list[str]:
    named = [_code(one) for one in use.named]
    if use.unnamed:
        named.append(f"not known ({_number(use.unnamed, 'answer')})" if named else "not known")
    answers = [f"{count:,} {_STATES.get(state, 'of unknown end')}" for state, count in use.answers.items()]
    if use.replayed:
        answers.append(f"{use.replayed:,} from a record, not asked again")
    first, last = (_day(at) if at is not None else "not known" for at in (use.first, use.last))
    notes = [f"{use.estimated:,} in part estimated"] * bool(use.estimated)
    notes += [f"{use.untold:,} not known"] * bool(use.untold)
    note = f" ({'; '.join(notes)})" if notes else ""
    given, made = (
        "not known" if one is None else f"{one:,}{note}" for one in (use.input_tokens, use.output_tokens)
    )
    return [
        _code(use.model),
        ", ".join(named),
        first,
        last,
        f"{use.prompts:,}",
        ", ".join(answers),
        given,
        made,
    ]


def _places(places: Sequence[Place]) -> str:
    if not places:
        return ""
    rows = []
    for place in places:
        other = f" ({place.other:,} of them without a prompt, such as for a list of models)" * bool(
            place.other
        )
        size = "not known" if place.bytes is None else f"{place.bytes:,}"
        rows.append([_where(place), f"{place.requests:,}{other}", size])
    return "## Where data went\n\n" + _table(("Host", "Requests", "Bytes sent"), rows)


def _where(place: Place) -> str:
    if place.embedded:
        return "this machine: the embedded model"
    if place.stayed:
        return f"this machine: {_code(place.host)}"
    return _code(place.host) if place.host else "not known"


def _settings(statement: Statement) -> str:
    rows = [[_code(one.name), _code(one.value), f"{one.prompts:,}"] for one in statement.settings]
    if statement.unset:
        rows.append(["none", "what the service takes where nothing is said", f"{statement.unset:,}"])
    if statement.unknown_settings:
        rows.append(["not known", "not known", f"{statement.unknown_settings:,}"])
    text = "## Settings\n\n" + _table(("Option", "Value", "Prompts"), rows) if rows else ""
    used = [f"{_code(one.name)} ({_number(one.calls, 'call')})" for one in statement.tools]
    if used:
        text += f"\n\nTools that models called, in the answers that stand in the notebook: {', '.join(used)}."
    if statement.searches:
        text += f"\n\nSearches of the web that the answers show: {statement.searches:,}."
    return text.strip()


def _system_prompts(statement: Statement) -> str:
    if not statement.system_prompts:
        return "## System prompts\n\nNone stands in the notebook's conversations." if statement.turns else ""
    told = [f"For {_number(one.turns, 'turn')}:\n\n{_block(one.text)}" for one in statement.system_prompts]
    return "## System prompts\n\n" + "\n\n".join(told)


def _since(statement: Statement) -> str:
    if not statement.turns:
        return ""
    told = [f"The notebook's conversations have {_number(statement.turns, 'turn')}."]
    if statement.replayed:
        told.append(
            f"{_number(statement.replayed, 'answer')} in them came from a record, and no model was asked again."
        )
    if statement.stale:
        told.append(
            f"{_number(statement.stale, 'answer')} in them followed on turns that have changed since."
        )
    if statement.checked_cells:
        changed = f"Of {_number(statement.changed, 'prompt')} the cell holds another text now"
        told.append(
            f"{changed if statement.changed else 'All cells still hold their prompts'}, as the file was saved last."
        )
        if statement.gone:
            told.append(f"The cells of {_number(statement.gone, 'turn')} are not in that file.")
    return "## What stands in the notebook\n\n" + " ".join(told)


def _unknown(statement: Statement) -> str:
    told = list(_gaps(statement))
    return "## What is not known\n\n" + "\n".join(f"- {one}" for one in told)


def _gaps(statement: Statement) -> Iterator[str]:
    if any(use.unnamed for use in statement.models):
        yield "Which version of a model answered, where the service did not name it, or nobody took it down."
    if any(use.untold or use.estimated for use in statement.models):
        yield "The exact tokens, where the service did not report them."
    if any(not place.host and not place.stayed for place in statement.places):
        yield "Where requests went that a provider from elsewhere made by itself, and what was in them."
    if any(place.stayed and not place.embedded for place in statement.places):
        yield "Whether a server on this machine sent on what it was sent."
    if statement.unset:
        yield "With which settings a service answers where none were given."
    if statement.elsewhere:
        yield (
            f"Whatever the log would tell of {_number(statement.elsewhere, 'answer')} of which there is no account on"
            " this machine: what is said of them comes from the notebook and its history alone."
        )
    if statement.log is None:
        yield "What the ledger has: it could not be read."
    elif statement.log.forgotten:
        yield f"What {_number(statement.log.forgotten, 'request')} of this user's log were, which were forgotten."
    if not statement.checked_cells and statement.turns:
        yield "Whether the cells still hold the prompts that were asked."
    yield "What a service does with what it was sent, and whether a model that is called the same answers the same."
    yield "What was asked of models outside of notebook_chat, and what became of the answers in the text and the code."


def _evidence(statement: Statement) -> str:
    if (log := statement.log) is None or not log.number:
        return ""
    state = "was whole when this was written" if log.whole else "was NOT whole when this was written"
    return (
        f"## Evidence\n\nThe log of all requests on this machine {state}; up to number {log.number} its hash"
        f" is\n\n{fenced(log.hash)}\n\n`%chat sent --check {log.hash}` tells whether it still begins like that."
    )


def _prompts(prompts: Iterable[Prompt]) -> str:
    told = []
    for number, one in enumerate(prompts, start=1):
        facts = [_code(one.model), _time(one.at), f"conversation {_code(one.conversation)}"]
        facts += [f"answer {_STATES.get(one.status, 'of unknown end')}"] if one.status != "complete" else []
        facts += ["answered from a record"] * one.replayed + [
            "its cell holds another prompt now"
        ] * one.changed
        along = f"\n\nWith it went: {', '.join(map(_code, one.included))}." if one.included else ""
        told.append(f"### {number}\n\n{' · '.join(facts)}\n\n{_block(one.text)}{along}")
    about = (
        "These are the prompts of the turns that stand in the notebook's conversations. What was asked in their place"
        " before is counted above, and not listed."
    )
    return f"## Appendix: prompts\n\n{about}\n\n" + ("\n\n".join(told) if told else "There are none.")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    """A name as code, whatever stands in it."""
    inner = single_line(masked(text)).replace("`", "'").strip()
    return f"`{inner}`" if inner else "(no name)"


def _block(text: str) -> str:
    return fenced(printable(masked(text)), "text")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _zone(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("UTC%z")


def _day(at: float) -> str:
    return _time(at).partition(" ")[0]


def _time(at: float | None) -> str:
    try:
        return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M") if at else "at a time that is not known"
    except (OverflowError, OSError, ValueError):
        return "at a time that is not known"
