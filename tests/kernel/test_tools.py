"""Notebooks with chat cells in the tools around Jupyter: nbclient, papermill, nbconvert."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from ..servers import Answer, echo
from ..servers.fixtures import ServerFactory
from .isolation import isolated_environment

KEY = "sk-planted-secret-77"
ANSWER = """\
# Title

**bold** and `code`, $x^2$, <script>raw</script>

```python
print('hi')
```

| a | b |
|---|---|
| 1 | 2 |
"""


def notebook(path: Path, *cells: str) -> Path:
    sources = ["%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test'", *cells]
    node = new_notebook(  # type: ignore[no-untyped-call]
        cells=[new_code_cell(source) for source in sources],  # type: ignore[no-untyped-call]
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(node, path)  # type: ignore[no-untyped-call]
    return path


def run(folder: Path, server: Any, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a Python module as a command, isolated, with a key in its environment."""
    env = {**isolated_environment(folder), "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


TOOLS = {
    "nbclient": ("jupyter", "execute", "in.ipynb", "--output", "out.ipynb"),
    "papermill": ("papermill", "in.ipynb", "out.ipynb", "--no-progress-bar"),
    "nbconvert": (
        "jupyter",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "in.ipynb",
        "--output",
        "out.ipynb",
    ),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_one_valid_output_for_each_answer_without_a_secret(
    tool: str, tmp_path: Path, vendor_server: ServerFactory
) -> None:
    server = vendor_server("openai_chat", Answer(ANSWER), echo(), key=KEY)
    notebook(tmp_path / "in.ipynb", "%%chat\none", "%%chat -o second\ntwo", "print(len(second))")
    done = run(tmp_path, server, *TOOLS[tool])
    assert done.returncode == 0, done.stderr
    node: Any = nbformat.read(tmp_path / "out.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(node)
    _, one, two, last = node.cells
    assert [len(cell.outputs) for cell in (one, two, last)] == [1, 1, 1]
    assert one.outputs[0].data["text/plain"] == ANSWER
    assert "<strong>bold</strong>" in one.outputs[0].data["text/html"]
    assert one.outputs[0].metadata["notebook_chat"]["answer"] == ANSWER
    assert two.outputs[0].data["text/plain"] == f"user: one\nassistant: {ANSWER}\nuser: two"
    assert KEY not in (tmp_path / "out.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_exports_read_well(form: str, tmp_path: Path, vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", Answer(ANSWER))
    notebook(tmp_path / "in.ipynb", f"%config ChatMagics.output = '{form}'", "%%chat\nshow")
    convert = ("jupyter", "nbconvert", "in.ipynb", "--execute", "--to")
    assert run(tmp_path, server, *convert, "html", "--output", "out").returncode == 0
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "<strong>bold</strong>" in page
    assert "&lt;script&gt;raw&lt;/script&gt;" in page
    assert run(tmp_path, server, *convert, "markdown", "--output", "out").returncode == 0
    text = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert "bold" in text
    assert "print" in text
    assert "<script>raw" not in text


def test_a_failing_chat_fails_the_run(tmp_path: Path, vendor_server: ServerFactory) -> None:
    server = vendor_server("openai_chat", key="another")
    notebook(tmp_path / "in.ipynb", "%%chat\none", "print('after')")
    done = run(tmp_path, server, *TOOLS["papermill"])
    assert done.returncode != 0
    assert "AuthenticationError" in done.stderr
    assert KEY not in done.stderr + done.stdout + (tmp_path / "out.ipynb").read_text(encoding="utf-8")
