"""What is known of models, as the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..providers.file_types import kinds_of
from ..providers.model_facts import ModelFacts


def table(facts: Mapping[str, ModelFacts]) -> tuple[list[str], list[list[str]]]:
    """The head of a table and its rows, one for each model. Columns in which no model has anything are left out, and
    the head where no column is left.

    Args:
        facts: What is known, by what the models are called.
    """
    told = [(title, [tell(one) for one in facts.values()]) for title, tell in _COLUMNS]
    columns = [(title, cells) for title, cells in told if not {"", "no"}.issuperset(cells)]
    head = ["model", *(title for title, _ in columns)] if columns else []
    return head, [[name, *(cells[place] for _, cells in columns)] for place, name in enumerate(facts)]


def tokens(count: int | None) -> str:
    """A number of tokens in a few characters, such as ``272k`` or ``1M``; empty where it is not known.

    Args:
        count: The number.
    """
    if count is None:
        return ""
    if count < 10_000:
        return f"{count:,}"
    if count < 999_500:
        return f"{count / 1000:.0f}k"
    return f"{count / 1_000_000:.2f}".rstrip("0").rstrip(".") + "M"


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _files(facts: ModelFacts) -> str:
    return "" if facts.files is None else ", ".join(kinds_of(facts.files)) or "no"


def _efforts(facts: ModelFacts) -> str:
    """How hard it can be asked to think, from the least to the most."""
    words: Sequence[str] | None = facts.efforts
    if words is None:
        return ""
    return "no" if not words else words[0] if len(words) == 1 else f"{words[0]} to {words[-1]}"


def _price(facts: ModelFacts) -> str:
    if facts.input_price is None or facts.output_price is None:
        return ""
    return f"{facts.input_price:g} / {facts.output_price:g}"


_COLUMNS: tuple[tuple[str, Callable[[ModelFacts], str]], ...] = (
    ("context", lambda facts: tokens(facts.context)),
    ("answer", lambda facts: tokens(facts.output)),
    ("images", lambda facts: _yes(facts.images)),
    ("files", _files),
    ("thinking", _efforts),
    ("schema", lambda facts: _yes(facts.schema)),
    ("tools", lambda facts: _yes(facts.tools)),
    ("web", lambda facts: _yes(facts.web)),
    ("makes", lambda facts: ", ".join(sorted(facts.gives or ()))),
    ("$ per M tokens", _price),
    ("ends", lambda facts: f"{facts.ends:%Y-%m-%d}" if facts.ends else ""),
)
