"""Answers as files: what each ending gets, and that nothing is written over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from notebook_chat import answer_files
from notebook_chat.conversation import Turn
from notebook_chat.errors import InvalidOptionError
from notebook_chat.messages import Message

ANSWER = """\
# How

First <script>alert(1)</script>:

```python
x = 1
```

- and then
  ```py
  print(x)
  ```

```sql
select 1
```

```html
<b onclick="x()">bold</b>
```

```Dockerfile
FROM scratch
```
"""


def turn(answer: str = ANSWER, **fields: Any) -> Turn:
    fields = {"status": "complete", **fields}
    return Turn(id="t", prompt=Message("user", "how?"), exchange=(Message("assistant", answer),), **fields)


def saved(path: Path, **fields: Any) -> str:
    written = answer_files.write(turn(**fields), path).written
    assert written.path == path
    return path.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "x = 1\n\nprint(x)\n"),
        ("a.PY", "x = 1\n\nprint(x)\n"),
        ("a.sql", "select 1\n"),
        ("a.htm", '<b onclick="x()">bold</b>\n'),
        ("Dockerfile", "FROM scratch\n"),
        ("a.md", ANSWER),
        ("a.txt", ANSWER),
    ],
)
def test_a_file_gets_what_its_ending_says(tmp_path: Path, name: str, text: str) -> None:
    assert saved(tmp_path / name) == text


def test_html_is_what_is_shown_and_does_nothing(tmp_path: Path) -> None:
    told = answer_files.write(turn(), tmp_path / "a.html").told
    html = (tmp_path / "a.html").read_text("utf-8")
    assert "<h1>How</h1>" in html
    assert "<script" not in html
    assert "<b onclick" not in html
    assert "default-src 'none'" in html
    assert ".htm" in told


def test_a_notebook_has_text_and_code_in_cells_of_their_own(tmp_path: Path) -> None:
    notebook = nbformat.reads(saved(tmp_path / "a.ipynb"), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds == ["markdown", "code", "markdown"]
    assert notebook.cells[1].source == "x = 1"
    assert (notebook.cells[1].execution_count, notebook.cells[1].outputs) == (None, [])
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "<script" not in text
    assert "print(x)" in text  # in its list
    assert "```sql" in text


@pytest.mark.parametrize(
    ("answer", "cells"),
    [
        ("import os\n\n\nprint(os.name)", [("code", "import os\n\n\nprint(os.name)")]),
        ("```\nx = f()\n```", [("code", "x = f()")]),
        ("```\nHello\n```", [("markdown", "```\nHello\n```")]),
        ("Nothing but words.", [("markdown", "Nothing but words.")]),
        ("```python\na()\n```\n```python\nb()\n```", [("code", "a()"), ("code", "b()")]),
        ("```python\na()", [("code", "a()")]),
    ],
)
def test_the_cells_of_a_notebook(tmp_path: Path, answer: str, cells: list[tuple[str, str]]) -> None:
    written = json.loads(saved(tmp_path / "a.ipynb", answer=answer))
    assert [(cell["cell_type"], cell["source"]) for cell in written["cells"]] == cells


def test_an_answer_that_is_json_is_a_json_file(tmp_path: Path) -> None:
    assert saved(tmp_path / "a.json", answer='{"a": [1]}') == '{"a": [1]}\n'
    assert saved(tmp_path / "b.json", answer="So:\n```json\n[1]\n```") == "[1]\n"
    assert saved(tmp_path / "c.csv", answer="So:\n```csv\na,b\n```") == "a,b\n"


@pytest.mark.parametrize("name", ["a.rs", "a", "a.json", "a.", ".py~"])
def test_code_that_is_not_there_is_an_error_that_says_what_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        InvalidOptionError, match=r"has no code for .*, but python, sql, html, docker\. A file"
    ):
        answer_files.write(turn(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_a_file_holds_that_was_not_written_from_here_stays(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("mine")
    saved_ = answer_files.write(turn(), tmp_path / "a.py")
    assert (tmp_path / "a.py").read_text() == "mine"
    assert saved_.written.path == tmp_path / "a-2.py"
    assert "was not exported from here" in saved_.written.spared
    again = answer_files.write(turn("```python\ny = 2\n```"), tmp_path / "a-2.py")
    assert again.written.spared == ""
    assert (tmp_path / "a-2.py").read_text() == "y = 2\n"


def test_the_notebook_itself_is_never_written_over(tmp_path: Path) -> None:
    notebook = tmp_path / "mine.ipynb"
    answer_files.write(turn(), notebook)
    written = answer_files.write(turn("other"), notebook, notebook).written
    assert (written.path.name, written.spared) == ("mine-2.ipynb", "is this notebook")


def test_what_a_reader_should_know_of_the_code_is_told(tmp_path: Path) -> None:
    cut = turn("```python\nx = (1,", status="stopped")
    assert answer_files.write(cut, tmp_path / "a.py").told == "It breaks off."
    forgotten = turn("```python\nx = 1")  # an end that the model forgot
    assert answer_files.write(forgotten, tmp_path / "b.py").told == ""
    hidden = turn(f"```python\nx = 1{' ' * 100}; y = 2 #\u202e\u200b\n```")
    told = answer_files.write(hidden, tmp_path / "c.py").told
    assert told.startswith("2 characters of it would not be seen, and became visible")
    assert told.endswith("Line 1 of it goes on far to the right.")
    assert "\u202e" not in (tmp_path / "c.py").read_text("utf-8")


def test_halves_of_surrogate_pairs_do_no_harm(tmp_path: Path) -> None:
    for name in ("a.md", "a.py", "a.html", "a.ipynb"):
        answer_files.write(turn("\ud800\n```python\nx = '\udfff'\n```"), tmp_path / name)
