"""What IPython does with the text of a cell."""

from __future__ import annotations

import re

_CHAT_CELL = re.compile(r"%%chat(?![\w?])")


def verbatim(lines: list[str]) -> list[str]:
    """An input transformation that hands a ``%%chat`` cell over as it was typed. IPython's own would take
    leading ``>>>`` and ``...``, and indentation, out of a prompt that holds some.

    It goes first in ``input_transformers_cleanup``.
    """
    start = next((place for place, line in enumerate(lines) if line.strip()), None)
    if start is None or not _CHAT_CELL.match(lines[start].lstrip()):
        return lines
    line = lines[start].strip().removeprefix("%%chat").strip()
    body = "".join(lines[start + 1 :])
    # IPython has an error of its own for a cell without a body, which says less than ours.
    return [f"get_ipython().run_cell_magic('chat', {line!r}, {body or chr(10)!r})\n"]


# IPython must not apply it when it only asks whether the input is complete: in a terminal, a blank line ends
# a cell magic, which IPython sees by its first line.
verbatim.has_side_effects = True  # type: ignore[attr-defined]
