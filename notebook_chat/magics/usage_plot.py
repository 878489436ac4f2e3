"""What answers used, as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import MissingDependencyError
from ..text import single_line
from .output import shorten

if TYPE_CHECKING:
    from ..spending.sums import Sums

_MOST_GROUPS = 8
_OTHERS = "others"


def draw(shell: Any, days: Sequence[tuple[str, Sums]], title: str) -> None:
    """Draws bars, one for each day, made of what each group used: what it cost where that is known of any, else tokens.

    Args:
        shell: IPython's shell.
        days: The groups of each day, the days in order.
        title: What they are of.

    Raises:
        MissingDependencyError: There is no matplotlib.
    """
    try:
        figures: Any = import_module("matplotlib.figure")
    except ImportError:
        raise MissingDependencyError(
            "there is no matplotlib to draw with", hint="Install it, or take --csv FILE or -o NAME."
        ) from None
    in_money = any(one.cost for _, one in days)
    heights = _heights(days, in_money=in_money)
    dates = sorted({day for day, _ in days})
    figure = figures.Figure(figsize=(max(5.0, min(0.5 * len(dates) + 3, 14.0)), 3.2), layout="constrained")
    axes = figure.subplots()
    below = [0.0] * len(dates)
    for name, by_day in heights.items():
        bars = [by_day.get(day, 0.0) for day in dates]
        label = single_line(shorten(name, 40)).replace("$", r"\$")
        axes.bar(dates, bars, bottom=below, label=f" {label}")  # one that begins with "_" would be left out
        below = [one + more for one, more in zip(below, bars, strict=True)]
    axes.set_ylabel("US dollars" if in_money else "tokens")
    axes.set_title(f"Usage: {title}", fontsize="medium")
    axes.tick_params(axis="x", labelrotation=45 if len(dates) > 4 else 0)
    axes.legend(fontsize="small", frameon=False)
    _show(shell, figure)


def _heights(days: Sequence[tuple[str, Sums]], *, in_money: bool) -> dict[str, dict[str, float]]:
    """How high the bar of each group is on each day; the smallest groups are one, where there are many."""
    sizes: dict[str, dict[str, float]] = {}
    for day, one in days:
        size = (one.cost or 0.0) if in_money else float(one.input_tokens + one.output_tokens)
        sizes.setdefault(one.name or "none", {})[day] = size
    ordered = sorted(sizes, key=lambda name: -sum(sizes[name].values()))
    kept = {name: sizes[name] for name in ordered[:_MOST_GROUPS]}
    for name in ordered[_MOST_GROUPS:]:
        rest = kept.setdefault(_OTHERS, {})
        for day, size in sizes[name].items():
            rest[day] = rest.get(day, 0.0) + size
    return kept


def _show(shell: Any, figure: Any) -> None:
    """Shows a figure: as an image in a notebook; a terminal has no place for one, and is told so."""
    if not hasattr(shell, "kernel"):
        raise MissingDependencyError(
            "a terminal shows no figures", hint="Take --csv FILE or -o NAME, or write this in a notebook."
        )
    import io

    from IPython.display import Image, display

    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=100)
    display(Image(out.getvalue()))  # type: ignore[no-untyped-call]
