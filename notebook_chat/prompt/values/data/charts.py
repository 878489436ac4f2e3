"""Describers of plotly's figures and altair's charts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from ....errors import ChatError
from ....images import image_part
from ....parts import ImagePart
from ..bounds import BYTES_PER_TOKEN, cut_end, lines_within
from ..description import Description
from .columns import listed
from .pictures import LONGEST_SIDE
from .scalars import quoted, scalar
from .tables import size

_PATIENCE = 8.0
"""Seconds that a chart may take to be drawn; a browser is started for it."""

_MOST_POINTS = 200_000
_SERIES = 30
_DATA = ("x", "y", "z", "values", "labels", "r", "theta", "lat", "lon", "locations", "a", "b", "c")
_UNTOLD = ("data", "datasets", "config", "$schema")


def describe_plotly(figure: Any, tokens: int) -> Description:
    """A plotly figure: its title, its axes, its traces with how many points each has; its image where it can be
    drawn."""
    traces = tuple(figure.data)
    images = _images(figure) if sum(map(_points, traces)) <= _MOST_POINTS else ()
    title = _text(figure.layout.title)
    lines = [f"A plotly figure with {len(traces)} traces{f', titled {title}' if title else ''}."]
    lines += list(_layout(figure.layout))
    lines += [_trace(one) for one in traces[:_SERIES]]
    if len(traces) > _SERIES:
        lines.append(f"- {len(traces) - _SERIES} more traces")
    return Description(lines_within(lines, tokens), f"figure, {len(traces)} traces", images)


def describe_altair(chart: Any, tokens: int) -> Description:
    """An altair chart: its specification without the data, and the columns of the data."""
    kind = type(chart).__name__
    spec = json.dumps(_plain(chart), ensure_ascii=False, default=scalar)
    lines = [f"An altair.{kind} with this Vega-Lite specification, without its data:"]
    data = _data_of(chart)
    about = f"Data: {data}" if data else ""
    room = int((tokens - 1) * BYTES_PER_TOKEN) - size([*lines, about])
    lines.append(cut_end(spec, max(1, int(room / BYTES_PER_TOKEN))))
    return Description("\n".join([*lines, about] if about else lines), kind)


def _text(title: Any) -> str:
    text = getattr(title, "text", None)
    return quoted(text, 100) if type(text) is str and text else ""


def _layout(layout: Any) -> Iterator[str]:
    told = []
    for name in sorted(key for key in layout.to_plotly_json() if key.startswith(("xaxis", "yaxis"))):
        axis = layout[name]
        title = _text(axis.title)
        span = f" from {scalar(axis.range[0])} to {scalar(axis.range[1])}" if axis.range else ""
        scale = f", {axis.type} scale" if axis.type and axis.type != "linear" else ""
        if title or span or scale:
            told.append(f"{name}{f' {title}' if title else ''}{span}{scale}")
    if told:
        yield f"Axes: {'; '.join(told)}."
    if legend := _text(layout.legend.title):
        yield f"Legend: {legend}"


def _trace(trace: Any) -> str:
    name = f" {quoted(trace.name, 60)}" if type(trace.name) is str and trace.name else ""
    mode = f" ({shown})" if (shown := _of(trace, "mode")) else ""
    data = (f"{key} {_span(values)}" for key in _DATA if (values := _of(trace, key)) is not None)
    return f"- {trace.type}{mode}{name} of {_points(trace):,} points: {listed(data, 300)}".removesuffix(": ")


def _of(trace: Any, key: str) -> Any:
    if key not in trace:
        return None
    return trace[key]


def _points(trace: Any) -> int:
    sizes = [_size_of(values) for key in _DATA if (values := _of(trace, key)) is not None]
    return max(sizes, default=0)


def _size_of(values: Any) -> int:
    size = getattr(values, "size", None)
    if type(size) is int:
        return size
    try:
        return len(values)
    except TypeError:
        return 0


def _span(values: Any) -> str:
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if kind and kind in "biuf" and values.size:
        return f"{scalar(values.min())}…{scalar(values.max())}"
    if getattr(values, "ndim", 1) != 1 or isinstance(values, str | int | float) or not _size_of(values):
        return scalar(values)
    count = len(values)
    return scalar(values[0]) if count == 1 else f"{scalar(values[0])}…{scalar(values[count - 1])}"


def _images(figure: Any) -> tuple[ImagePart, ...]:
    """The figure as an image, where kaleido is there and can draw it soon. A browser that hangs is left."""
    if find_spec("kaleido") is None:
        return ()
    found: list[bytes] = []
    width, height = figure.layout.width or 700, figure.layout.height or 500
    shrunk = min(1.0, LONGEST_SIDE / max(width, height))

    def draw() -> None:
        try:
            found.append(figure.to_image(format="png", width=width, height=height, scale=shrunk))
        except BaseException:  # no browser, no network: the figure is told in words
            found.append(b"")

    thread = threading.Thread(target=draw, name="notebook_chat-figure", daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    try:
        return (image_part(found[0]),) if found and found[0] else ()
    except ChatError:
        return ()


def _plain(value: Any, depth: int = 8) -> Any:
    """The specification of a chart, without the data and what is not set."""
    if depth == 0:
        return "…"
    own = vars(value).get("_kwds") if hasattr(value, "__dict__") else None
    if type(own) is dict:
        shown = {
            str(key): one
            for key, one in own.items()
            if key not in _UNTOLD and not key.startswith("_") and not _is_unset(one)
        }
        if not shown:  # a value that stands alone, such as the name of a mark
            alone = vars(value).get("_args") or ()
            return _plain(alone[0], depth - 1) if alone else {}
        return {key: _plain(one, depth - 1) for key, one in shown.items()}
    if type(value) is dict:
        return {str(key): _plain(one, depth - 1) for key, one in value.items() if not _is_unset(one)}
    if type(value) in (list, tuple):
        return [_plain(one, depth - 1) for one in value[:20]]
    return value if value is None or type(value) in (str, int, float, bool) else scalar(value)


def _is_unset(value: Any) -> bool:
    return type(value).__name__ == "UndefinedType"


def _data_of(chart: Any) -> str:
    data = vars(chart).get("_kwds", {}).get("data")
    if _is_unset(data) or data is None:
        return ""
    columns = getattr(data, "columns", None)
    if columns is None:
        return scalar(data, 200)
    return f"{len(data):,} rows, columns {listed((scalar(one, 40) for one in columns), 300)}"
