"""What is known of a column, and the line that tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

EXAMPLES = 8
"""How many values of a column are told at most."""

SAMPLED = "~"
"""What stands before a fact that comes from a sample."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the values of a column.

    Attributes:
        span: The least and the greatest.
        nulls: How many are missing; empty for none.
        distinct: How many different ones there are.
        examples: The most frequent ones, or the first.
    """

    span: str = ""
    nulls: str = ""
    distinct: str = ""
    examples: tuple[str, ...] = ()

    @property
    def sampled(self) -> bool:
        """Whether something of it comes from a sample."""
        return any(text.startswith(SAMPLED) for text in (self.span, self.nulls, self.distinct))

    def told(self, examples: int = EXAMPLES) -> str:
        """The facts in one line.

        Args:
            examples: How many values are told.
        """
        shown = list(self.examples[:examples])
        if shown and len(self.examples) > examples:
            shown.append("…")
        values = ", ".join(shown)
        if values and self.distinct:
            values = f"{self.distinct}: {values}"
        return ", ".join(filter(None, (self.span, self.nulls, values or self.distinct)))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name, as it is shown.
        dtype: The type of its values.
        facts: What is known of them.
    """

    name: str
    dtype: str
    facts: Facts = field(default_factory=Facts)

    def line(self, examples: int = EXAMPLES) -> str:
        """The column in one line, with at most so many of its values."""
        told = self.facts.told(examples)
        return f"{self.name} {self.dtype}: {told}" if told else f"{self.name} {self.dtype}"


def span_of(least: str, greatest: str, *, sampled: bool = False) -> str:
    """The range of values, as ``0.5…99.0``."""
    mark = SAMPLED if sampled else ""
    return f"{mark}always {least}" if least == greatest else f"{mark}{least}…{greatest}"


def nulls_of(nulls: int, rows: int, *, sampled: bool = False, word: str = "null") -> str:
    """How many of the rows are missing: as a number, and where only a sample was looked at as a share."""
    if not nulls:
        return ""
    if not sampled:
        return f"all {word}" if nulls == rows else f"{nulls:,} {word}"
    return f"{SAMPLED}{_share(nulls, rows)} {word}"


def frequent(shown: Counter[str], rows: int, *, distinct: int, sampled: bool = False) -> Facts:
    """What is known of values that were counted.

    Args:
        shown: The most frequent values, as they are shown, and how often each occurs.
        rows: How many values there are.
        distinct: How many different ones.
        sampled: Whether only a sample was looked at.
    """
    facts = Facts(distinct=f"{SAMPLED if sampled else ''}{distinct:,} distinct")
    most = shown.most_common()
    if most and most[0][1] == 1:  # all differ
        return replace(facts, examples=tuple(shown))
    if sampled:
        return replace(facts, examples=tuple(f"{text} {_share(count, rows)}" for text, count in most))
    return replace(facts, examples=tuple(f"{text} ×{count}" for text, count in most))


def values_line(facts: Facts, sample: int, *, word: str = "null") -> list[str]:
    """What is known of the values of something that is told by itself, as a line; no line where nothing is known.

    Args:
        facts: What is known of them.
        sample: How many of them a sample has.
        word: What a value that is missing is called, if that none is missing is to be said.
    """
    told = facts.told()
    if not told:
        return []
    if word and not facts.nulls:
        told += f", no {word} in the sample" if facts.sampled else f", no {word}"
    return [f"Values: {told}{f' (~ is from a sample of {sample:,} values)' if facts.sampled else ''}."]


def listed(values: Iterable[str], room: int) -> str:
    """As many of the first values as a number of characters holds, separated by commas, and whether there are more."""
    kept: list[str] = []
    size = 0
    for value in values:
        size += len(value) + 2
        if size > room:
            kept.append("…")
            break
        kept.append(value)
    return ", ".join(kept)


def shape_of(sizes: Sequence[Any]) -> str:
    """A shape, as ``1,000 × 3``."""
    return " × ".join(f"{size:,}" if type(size) is int else str(size) for size in sizes)


def _share(count: int, total: int) -> str:
    percent = 100 * count / total
    return f"{percent:.0f}%" if percent >= 10 or percent == round(percent) else f"{percent:.2g}%"
