"""Answers as models write them, of any length, for tests and benchmarks."""

from __future__ import annotations

_SECTION = """\
## Step {n}: reading the data

A *data frame* holds columns of **different types**; `pandas.read_csv("file-{n}.csv")` makes one. The cost
is about $5 for each of the {n} runs, and $x_{n}^2 + y^2 = z^2$ holds throughout. See
[the documentation](https://example.org/{n}) for what `List[int]` means here.

- first, the header is read and its names are cleaned;
- then every row becomes a record, which takes a while:
  - missing values become `NaN`,
  - dates are parsed as they are.

```python
def load(path: str, limit: int = {n}) -> list[dict[str, str]]:
    with open(path, encoding="utf-8") as file:  # closed at the end
        return [dict(row) for row in csv.DictReader(file)][:limit]
```

| column | type | note |
|---|---|---|
| name | `str` | as written |
| value | `float` | {n} digits |

> Nothing here is final; measure before you believe.

"""


def answer(size: int) -> str:
    """An answer of ``size`` characters: prose, lists, code, tables, math."""
    text = ""
    number = 1
    while len(text) < size - 20:
        text += _SECTION.format(n=number)
        number += 1
    return text[: size - 8].rstrip("`|$*_\\ \n") + "\n\nTHE END"
