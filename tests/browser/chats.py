"""Notebooks that chat, and what they are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..servers import Answer, Pause, VendorServer
from .notebook_page import NotebookPage

Begin = Callable[..., tuple[NotebookPage, VendorServer]]
"""The fixture `begin`: opens a notebook whose first cell loads the extension, with a server for its chats."""


def paced(text: str, rate: float, size: int = 5) -> Answer:
    """The text in chunks of ``size`` characters, ``rate`` chunks a second in pairs."""
    pieces: list[Any] = []
    for start in range(0, len(text), 2 * size):
        pieces += [text[start : start + size], text[start + size : start + 2 * size], Pause(2 / rate)]
    return Answer(*(piece for piece in pieces if piece != ""))


EVERYTHING = """\
# Everything in one answer

A paragraph with *emphasis*, **strong words**, ~~mistakes~~, `inline code`, [a link](https://example.org) and
https://example.org/auto. It costs $5 and not $10; List<int> stays as it is. 你好 مرحبا 👩‍👩‍👧

1. first
   - nested, with [ ] brackets
2. second

- [x] done
- [ ] to do

```python
def reverse(text: str) -> str:
    \"\"\"Turn a string around.\"\"\"
    return text[::-1]  # the whole of it
```

| quantity | symbol | value |
|:---|:---:|---:|
| speed of light | $c$ | 299 792 458 |
| Planck | $h$ | 6.626e-34 |

Euler: $e^{i\\pi} + 1 = 0$, and displayed:

$$\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}$$

> A quotation, with a footnote.[^1]

---

[^1]: The note itself.
"""
