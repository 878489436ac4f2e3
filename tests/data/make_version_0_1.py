"""Makes the files of ``version_0_1``: a notebook's session in a kernel that runs notebook_chat 0.1.

It uses the kernel harness and the servers of that version's own tests, so it runs from a checkout of that
version (commit 1083801), with ``.[test]`` installed from it, on Linux or macOS:

    PYTHONPATH=. python .../tests/data/make_version_0_1.py FOLDER
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import nbformat

from tests.kernel.execution import Execution
from tests.kernel.harness import Kernel
from tests.servers import (
    Answer,
    Gate,
    Pause,
    Reasoning,
    Request,
    Reset,
    Usage,
    VendorServer,
    in_pieces,
    serve,
)

NOTEBOOK = "/home/someone/analysis.ipynb"
OWNER = "laptop:4242:0a1b2c3d"
LONG_AGO = 1735689600.0  # 2025-01-01: a process of another machine is taken for dead after a while

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEUlEQVR42mP4zwAEIOI/kAAAG/ID/SGOiJAAAAAASUVORK5CYII="
CODE = """Use `statistics.fmean`:

```python
from statistics import fmean

fmean([2, 4, 9])  # 5.0, and 1 < 2 & 3 > 2
```

Its formula is $\\bar{x} = \\frac{1}{n} \\sum_{i=1}^{n} x_i$, or displayed

$$\\bar{x} = \\frac{2 + 4 + 9}{3} = 5$$

| value | share |
|------:|:------|
| 2     | **13 %** |
| 9     | *60 %* |
"""

ANSWERS = {
    "What is the mean of 2, 4 and 9?": Answer(*in_pieces("The mean is 5."), usage=Usage(14, 6)),
    "Show it in Python.": Answer("Like this: `sum(x) / len(x)`"),
    "Show it in Python, with the formula.": Answer(*in_pieces(CODE, 40), usage=Usage(31, 120)),
    "And the median?\n\nThink first.": Answer(
        Reasoning("Sort them: 2, 4, 9. "),
        Reasoning("The one in the middle is 4."),
        *in_pieces("The median is 4."),
        usage=Usage(input=160, output=42, reasoning=30, cached=128),
        model="test-model-2026-01-01",
    ),
    "Which of the two is larger?": Answer("The mean, by 1", finish="length", usage=Usage(210, 4)),
    "Sum it up.": Answer("Mean 5, median 4. 👋 Grüße, 平均", usage=None),
    "What about the variance?": Answer("It is 26/3 ≈ 8.67."),
    "And its root?": Answer("About 2.94: the standard deviation."),
    "Who are you?": Answer("Arr, a <b>pirate</b> & no other <script>alert(1)</script>"),
    "Who are you now?": Answer("An assistant again."),
    "loop 0": Answer("first time around"),
    "loop 1": Answer("second time around"),
    "What is in this picture?": Answer("Four pixels."),
    "Which colors?": Answer("Red and blue."),
    "Count slowly.": Answer("one, two", ", three", Gate()),
    "Tell a long story.": Answer("Once upon a time", " there was", Pause(0.5), Reset()),
    "Tell another one.": Answer("In a village by the sea", " lived a fisher", Gate()),
}

CELLS = {
    "load": "%load_ext notebook_chat\n%config ChatMagics.model = 'openai:test-model'",
    "mean": "%%chat\nWhat is the mean of 2, 4 and 9?",
    "python": "%%chat\nShow it in Python.",
    "detour": "%chat fork detour",
    "median": "%%chat\nAnd the median?\n\nThink first.",
    "larger": "%%chat -t 0.2 --max-tokens 4\nWhich of the two is larger?",
    "variance": "%%chat -c detour\nWhat about the variance?",
    "root": "%%chat -c detour -o answer\nAnd its root?",
    "pin": "%chat pin 1",
    "again": "",  # the cell "python" runs again, with another prompt
    "sum": "%%chat\nSum it up.",
    "brief": "%config ChatMagics.system = 'Be brief.'",
    "pirate": "%%chat -c roles -s 'Speak like a pirate.'\nWho are you?",
    "anew": "%%chat -c roles -n -s ''\nWho are you now?",
    "loop": "for n in range(2):\n    get_ipython().run_cell_magic('chat', '-c roles', f'loop {n}')",
    "picture": f"import base64\nfrom notebook_chat import Chat\npng = base64.b64decode('{PNG}')\n"
    "chat = Chat('openai:test-model', conversation='pictures')\n"
    "str(chat.ask('What is in this picture?', images=[png]))",
    "colors": "chat.ask({'role': 'user', 'name': 'ann', 'content': 'Which colors?'}, cell='')[:3]",
    "stopped": "%%chat -c trouble\nCount slowly.",
    "failed": "%%chat -c trouble\nTell a long story.",
    "history": "%chat history",
    "export": "\n".join(f"%chat export default.{ending}" for ending in ("json", "md", "html", "ipynb"))
    + "\n%chat export fork.json detour",
    "killed": "%%chat -c trouble\nTell another one.",
}
RERUN = "%%chat\nShow it in Python, with the formula."


def reply(request: Request) -> Answer:
    return ANSWERS[request.turns[-1].text]


def session(kernel: Kernel, database: Path) -> dict[str, Execution]:
    """Runs the cells; afterwards the kernel is dead."""
    runs: dict[str, Execution] = {}
    for cell, code in CELLS.items():
        if cell == "again":
            runs["python"] = kernel.run(RERUN, cell_id="python")
            continue
        run = runs[cell] = kernel.submit(code, cell_id=cell)
        if cell == "stopped":
            run.wait_for(lambda run: "three" in str(run.displays))
            kernel.interrupt()
        if cell == "killed":
            run.wait_for(lambda run: "fisher" in str(run.displays))
            while not written(database, "lived a fisher"):
                kernel.pump(0.05)
            kernel.kill()
            return runs
        run.wait()
        assert run.status == ("error" if cell == "failed" else "ok"), run.text
    return runs


def written(database: Path, text: str) -> bool:
    """Whether the answer of the open turn has come as far as a text."""
    connection = sqlite3.connect(database)
    try:
        [answer] = connection.execute("SELECT answer FROM turns WHERE status = 'streaming'").fetchone()
        return bool(answer.endswith(text))
    finally:
        connection.close()


def save_notebook(runs: dict[str, Execution], path: Path) -> None:
    """Saves what a front end would have."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    for cell, run in runs.items():
        count = run.reply.get("execution_count")
        new = nbformat.v4.new_code_cell(run.code, id=cell, outputs=run.outputs, execution_count=count)
        notebook.cells.append(new)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def save_database(database: Path, path: Path) -> None:
    """Copies the file without a trace of the machine: an owner is named by host and process."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("UPDATE turns SET owner = ?, touched = ? WHERE owner IS NOT NULL", (OWNER, LONG_AGO))
    connection.execute("VACUUM")  # what was overwritten is still in the file
    connection.close()
    shutil.copyfile(database, path)


def make(folder: Path, work: Path, server: VendorServer) -> None:
    environment = {
        "OPENAI_BASE_URL": server.base_url,
        "NOTEBOOK_CHAT_HOME": str(work / "history"),
        "JPY_SESSION_NAME": NOTEBOOK,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    database = work / "history" / "conversations.sqlite3"
    with Kernel(work / "kernel", env=environment) as kernel:
        runs = session(kernel, database)
        save_notebook(runs, folder / "analysis.ipynb")
        for name in ("default.json", "default.md", "default.html", "default.ipynb", "fork.json"):
            shutil.copyfile(kernel.process.work / name, folder / name)
    save_database(database, folder / database.name)


if __name__ == "__main__":
    with serve("openai_chat", reply) as server, tempfile.TemporaryDirectory() as work:
        make(Path(sys.argv[1]), Path(work), server)
