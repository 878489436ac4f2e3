"""Describers of matplotlib's figures and axes, and of the grids that are drawn with it. Drawing leaves them as they
were."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from ....errors import ChatError
from ....images import image_part
from ....parts import ImagePart
from ..bounds import lines_within
from ..description import Description
from .columns import listed, span_of
from .pictures import LONGEST_SIDE, smaller
from .ranges import range_of
from .scalars import quoted, scalar, type_name

_MOST_POINTS = 1_000_000
"""With more points than that a figure is not drawn: it would take long."""

_SERIES = 12  # lines, bars and so on of one axes that are told
_LARGEST_BOX = 2.0  # times the figure's size, which what is drawn outside it may take


def describe_figure(figure: Any, tokens: int) -> Description:
    """A figure: its image, and in words its axes with titles, labels, ranges, legends and what is drawn."""
    whole = _figure_of(figure)  # of a part of a figure, the figure
    width, height = (float(one) for one in whole.get_size_inches())
    axes = list(figure.axes)
    title = getattr(figure, "_suptitle", None)
    named = f", titled {quoted(title.get_text(), 100)}" if title is not None and title.get_text() else ""
    head = f"A matplotlib figure of {width:g} × {height:g} inches with {len(axes)} axes{named}."
    images = _images(whole, list(whole.axes))
    first = [head] if images else [head, "The image itself is left out."]
    each = (_axes(one, f"Axes {place + 1}" if len(axes) > 1 else "Axes") for place, one in enumerate(axes))
    lines = chain(first, chain.from_iterable(each))
    return Description(lines_within(lines, tokens), f"figure, {len(axes)} axes", images)


def describe_axes(axes: Any, tokens: int) -> Description:
    """Axes: as the figure that they are in, with their own words only."""
    figure = _figure_of(axes)
    images = _images(figure, list(figure.axes)) if figure is not None else ()
    place = (
        f", one of {len(figure.axes)} in its figure" if figure is not None and len(figure.axes) > 1 else ""
    )
    lines = [f"A matplotlib {type(axes).__name__}{place}.", *_axes(axes, "Axes")]
    return Description(lines_within(lines, tokens), "axes", images)


def describe_grid(grid: Any, tokens: int) -> Description:
    """A seaborn grid: as its figure."""
    inner = describe_figure(grid.figure if hasattr(grid, "figure") else grid.fig, tokens - 10)
    return Description(f"A {type_name(grid)}, drawn as:\n{inner.text}", inner.label, inner.images)


def describe_artist(artist: Any, tokens: int) -> Description:
    """A line, a bar, a text of a figure: what it is, and the axes that it is in."""
    axes = getattr(artist, "axes", None)
    told = next(iter(_series([artist])), f"A {type_name(artist)}")
    if axes is None:
        return Description(told)
    inner = describe_axes(axes, tokens - 40)
    return Description(f"{told}\nin: {inner.text}", "", inner.images)


def _figure_of(drawn: Any) -> Any:
    """The figure that axes, or a part of a figure, are in."""
    figure = drawn.figure
    while figure is not None and getattr(figure, "figure", figure) is not figure:
        figure = figure.figure  # of a figure within a figure, the outer one
    return figure


def _axes(axes: Any, name: str) -> Iterator[str]:
    title = f" titled {quoted(axes.get_title(), 100)}" if axes.get_title() else ""
    known = [one for one in "xyz" if hasattr(axes, f"get_{one}label")]
    yield f"{name}{title}: {'; '.join(_axis(axes, one) for one in known)}."
    legend = axes.get_legend()
    if legend is not None:
        entries = listed((quoted(one.get_text(), 40) for one in legend.get_texts()), 200)
        yield f"Legend: {entries}"
    drawn = [*axes.get_lines(), *axes.collections, *axes.containers, *axes.images]
    in_containers = sum(len(one) for one in axes.containers if hasattr(one, "patches"))
    series = list(_series(drawn[:_SERIES]))
    if len(axes.patches) > in_containers:
        series.append(f"{len(axes.patches) - in_containers:,} patches")
    yield from (f"- {one}" for one in series)
    if len(drawn) > _SERIES:
        yield f"- {len(drawn) - _SERIES:,} more"
    if texts := [quoted(one.get_text(), 40) for one in axes.texts if one.get_text()]:
        yield f"Texts: {listed(texts, 200)}"


def _axis(axes: Any, name: str) -> str:
    label = getattr(axes, f"get_{name}label")()
    scale = getattr(axes, f"get_{name}scale")()
    # The limits as they would be drawn are computed only with the image, and reading them is what computes them.
    low, high = getattr(axes, f"get_{name}lim")()
    told_scale = "" if scale == "linear" else f", {scale} scale"
    return f"{name} {quoted(label, 60) if label else 'axis'} from {low:.6g} to {high:.6g}{told_scale}"


def _series(drawn: Sequence[Any]) -> Iterator[str]:
    for one in drawn:
        kind = type(one).__name__
        label = one.get_label() if hasattr(one, "get_label") else ""
        named = f" {quoted(label, 60)}" if type(label) is str and label and not label.startswith("_") else ""
        if hasattr(one, "get_xdata"):
            x, y = one.get_xdata(orig=False), one.get_ydata(orig=False)
            yield f"line{named} of {len(x):,} points{_ends('x', x)}{_ends('y', y)}"
        elif hasattr(one, "patches"):
            yield f"bars{named}: {len(one.patches):,}{_heights(one.patches)}"
        elif hasattr(one, "get_offsets") and kind in ("PathCollection", "RegularPolyCollection"):
            offsets = one.get_offsets()
            ends = f"{_ends('x', offsets[:, 0])}{_ends('y', offsets[:, 1])}" if len(offsets) else ""
            yield f"scatter{named} of {len(offsets):,} points{ends}"
        elif hasattr(one, "get_array") and hasattr(one, "get_extent"):
            yield f"image{named} of shape {getattr(one.get_array(), 'shape', '')}"
        elif hasattr(one, "get_paths"):
            yield f"{kind}{named} of {len(one.get_paths()):,} paths"
        else:
            yield f"{kind}{named}"


def _ends(axis: str, values: Any) -> str:
    if not len(values) or getattr(getattr(values, "dtype", None), "kind", "") not in tuple("fiu"):
        return ""
    found = range_of(sys.modules["numpy"].asarray(values))
    return "" if found.least is None else f", {axis} {span_of(scalar(found.least), scalar(found.greatest))}"


def _heights(patches: Sequence[Any]) -> str:
    heights = [one.get_height() for one in patches[:1_000] if hasattr(one, "get_height")]
    return f", heights {scalar(float(min(heights)))}…{scalar(float(max(heights)))}" if heights else ""


def _images(figure: Any, axes: Sequence[Any]) -> tuple[ImagePart, ...]:
    """The figure as an image; nothing where it cannot be drawn, or would take long."""
    if sum(map(_points, axes)) > _MOST_POINTS:
        return ()
    try:
        with warnings.catch_warnings(), _unchanged(figure):
            warnings.simplefilter("ignore")  # such as of a glyph that a font lacks
            return (image_part(smaller(_drawn(figure))),)
    except (OSError, ValueError, RuntimeError, ChatError):
        return ()


def _points(axes: Any) -> int:
    lines = sum(len(one.get_xdata(orig=True)) for one in axes.get_lines())
    scattered = sum(10 * len(one.get_offsets()) for one in axes.collections if hasattr(one, "get_offsets"))
    return lines + scattered + 20 * len(axes.patches)


def _drawn(figure: Any) -> bytes:
    file = io.BytesIO()
    width, height = (float(one) for one in figure.get_size_inches())
    longest = max(width, height, 0.1)
    tight = figure.get_tightbbox()
    outside = max(float(tight.width), float(tight.height)) if tight is not None else 0.0
    # What stands far outside of the figure would make an image without an end.
    box = "tight" if 0 < outside <= _LARGEST_BOX * longest else None
    dpi = min(float(figure.dpi), LONGEST_SIDE / max(longest, outside if box else 0.0))
    figure.savefig(file, format="png", dpi=dpi, bbox_inches=box)
    return file.getvalue()


@contextmanager
def _unchanged(figure: Any) -> Iterator[None]:
    """Drawing marks a figure as drawn, so that a window with it would not be drawn anew; and it may move its axes."""
    artists = [one for one in figure.findobj() if hasattr(one, "_stale")]
    stale = [one._stale for one in artists]
    places = [(one, one.get_position(original=True), one.get_position()) for one in figure.axes]
    margins = dict(vars(figure.subplotpars))
    try:
        yield
    finally:
        vars(figure.subplotpars).update(margins)
        for axes, original, active in places:
            axes._set_position(original, which="original")
            axes._set_position(active, which="active")
        for one, was in zip(artists, stale, strict=True):
            one._stale = was
