"""What is told of single cells: why they would ask, and what their answers depend on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from notebook_chat.magics.verification import Line, Report, verify
from notebook_chat.magics.verification.acts import acts_of
from notebook_chat.session import session_of

from ..test_magics import provider, run, shared_shell, shell
from .recorded_notebook import SavedCell, record, save
from .test_verification import quiet

__all__ = ["provider", "quiet", "shared_shell", "shell"]  # fixtures


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: Any) -> Path:
    """The notebook's folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(
    shell: Any,
    before: Sequence[str],
    after: Sequence[str] | None = None,
    *,
    outputs: bool = True,
    **options: Any,
) -> list[Line]:
    """What is told of cells that were run and then edited in place."""
    cells = record(shell, before)
    now = [
        SavedCell(source, cell.outputs if outputs else ())
        for source, cell in zip(after or before, [*cells, *[SavedCell("")] * 9], strict=False)
    ]
    report = verify(save(Path("mine.ipynb"), now), **options)
    return list(report.cells)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (
            "%%chat\nWhy is the sea blue?",
            "the prompt is edited: “Why is the sea blue?”, where “Why is the sky blue?” was",
        ),
        ("%%chat -m parrot:green\nWhy is the sky blue?", "the model is parrot:green, and was parrot:grey"),
        ("%%chat -t 0.5\nWhy is the sky blue?", "temperature is 0.5, and was not given"),
        ("%%chat -n\nWhy is the sky blue?", "-n is new on its line"),
        ("%%chat --replay off\nWhy is the sky blue?", "replay is 'off' there"),
    ],
)
def test_why_an_edited_cell_would_ask(shell: Any, quiet: Any, now: str, why: str) -> None:
    first = "%%chat\nHello"
    told = lines(shell, [first, "%%chat\nWhy is the sky blue?"], [first, now], files_only=True)
    assert [(line.verdict, line.why) for line in told] == [("recorded", ""), ("asks", why)]


def test_cells_that_follow_an_edited_one_would_ask(shell: Any, quiet: Any) -> None:
    told = lines(
        shell,
        ["%%chat\na", "%%chat\nb", "%%chat -c other\nc"],
        ["%%chat\nA", "%%chat\nb", "%%chat -c other\nc"],
    )
    assert [line.verdict for line in told] == ["asks", "asks", "recorded"]
    assert told[1].why == "cell 1 would ask, whose answer goes along"


def test_a_cell_that_is_gone_or_moved_is_told(shell: Any, quiet: Any) -> None:
    cells = record(shell, ["%%chat\na", "%%chat\nb", "%%chat\nc"])
    gone = verify(save(Path("mine.ipynb"), cells[1:]), files_only=True)
    assert gone.cells[0].why == "what stood above it is gone"
    moved = verify(save(Path("mine.ipynb"), [cells[1], cells[0], cells[2]]), files_only=True)
    assert moved.cells[0].cell == 1
    assert moved.cells[0].verdict == "asks"


def test_an_earlier_answer_that_changed_is_told(shell: Any, quiet: Any) -> None:
    cells = record(shell, ["%%chat\na", "%%chat\nb"])
    told = json.loads(json.dumps(cells[0].outputs[0]))
    told["notebook_chat"]["answer"] = "Something else"
    report = verify(
        save(Path("mine.ipynb"), [SavedCell(cells[0].source, (told,)), cells[1]]), files_only=True
    )
    assert [line.verdict for line in report.cells] == ["recorded", "asks"]
    assert report.cells[1].why.startswith("an earlier answer changed")


def test_values_are_assumed_to_be_what_they_were(shell: Any, quiet: Any) -> None:
    before = ["df = [1, 2]\nname = 'x'", "%%chat\nWhat is odd about {df}, and {name}?", "%%chat\nAnd then?"]
    told = lines(shell, before)
    assert [(line.verdict, line.why) for line in told] == [
        ("assumed", "{df}, {name} are what they were"),
        ("recorded", ""),
    ]
    edited = [before[0], "%%chat\nWhat is even about {df}, and {name}?", before[2]]
    assert [line.verdict for line in lines(shell, before, edited)] == ["asks", "asks"]


def test_without_outputs_values_are_looked_for_in_the_ledger(shell: Any, quiet: Any) -> None:
    before = ["df = [1, 2]", "%%chat\nWhat is odd about {df}?"]
    assert [line.verdict for line in lines(shell, before, outputs=False)] == ["assumed"]
    assert [line.verdict for line in lines(shell, before, outputs=False, files_only=True)] == ["asks"]
    other = [before[0], "%%chat\nWhat is even about {df}?"]
    assert [line.verdict for line in lines(shell, before, other, outputs=False)] == ["asks"]


def test_strictly_what_depends_on_values_is_not_known(shell: Any, quiet: Any) -> None:
    [told] = lines(shell, ["df = [1, 2]", "%%chat\n{df}?"], strict=True)
    assert (told.verdict, told.why, told.fine) == ("unknown", "it is answered if {df} is what it was", False)


def test_files_are_read_as_they_are(shell: Any, quiet: Any, folder: Path) -> None:
    (folder / "data.txt").write_text("a text")
    cells = record(shell, ["%%chat -a data.txt\nWhat is in it?"])
    path = save(Path("mine.ipynb"), cells)
    assert verify(path).cells[0].verdict == "recorded"
    (folder / "data.txt").write_text("another text")
    assert verify(path).cells[0].verdict == "asks"
    (folder / "data.txt").unlink()
    assert verify(path).cells[0].why == "the file data.txt, which is not there now is what it was"


def test_cells_and_schemas_and_tools_of_the_notebook(shell: Any, provider: Any, quiet: Any) -> None:
    provider.options = frozenset({"temperature", "max_tokens", "tools"})
    define = "from dataclasses import dataclass\n@dataclass\nclass Person:\n    name: str\n"
    define += "def look(name: str):\n    'Looks.'"
    provider.script = staticmethod(lambda messages: ['{"name": "Ada"}'])
    told = lines(
        shell,
        [
            define,
            "%%chat --context 1\nWhat is this?",
            "%%chat --schema Person\nWho?",
            "%%chat -T look\nGo",
            "%%chat\nOn",
        ],
    )
    assert [(line.verdict, line.why) for line in told] == [
        ("assumed", "--context 1 is what it was"),
        ("assumed", "the schema Person is what it was"),
        ("assumed", "the function look is what it was"),
        ("recorded", ""),
    ]


def test_stopped_answers_are_told(shell: Any, quiet: Any) -> None:
    cells = record(shell, ["%%chat\na"])
    output = json.loads(json.dumps(cells[0].outputs[0]))
    output["notebook_chat"]["status"] = "stopped"
    [line] = verify(save(Path("mine.ipynb"), [SavedCell("%%chat\na", (output,))]), files_only=True).cells
    assert line.why == "its answer is a stopped one: only whole ones are taken again"


def test_a_cell_that_may_fail_is_none(shell: Any, quiet: Any) -> None:
    path = save(Path("mine.ipynb"), [SavedCell("%%chat --nonsense\na")])
    assert [line.verdict for line in verify(path).cells] == ["fails"]
    told = json.loads(path.read_text())
    told["cells"][0]["metadata"]["tags"] = ["raises-exception"]
    path.write_text(json.dumps(told))
    assert verify(path).complete


def test_a_key_in_a_prompt_would_be_refused(shell: Any, quiet: Any) -> None:
    key = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    [line] = verify(save(Path("mine.ipynb"), [SavedCell(f"%%chat\nuse {key}")])).cells
    assert line.verdict == "fails"
    assert "what looks like a secret" in line.why


def test_code_that_decides_whether_it_asks_is_not_known(shell: Any, quiet: Any) -> None:
    [line] = verify(save(Path("mine.ipynb"), [SavedCell("%%timeit\n%%chat\na")])).cells
    assert (line.verdict, line.why) == ("unknown", "code decides whether it asks")


def test_nothing_is_written_and_nothing_is_run(
    shell: Any, quiet: Any, folder: Path, monkeypatch: Any
) -> None:
    cells = record(shell, ["%%chat\na"])
    home = folder / "home"
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(home))
    path = save(
        Path("mine.ipynb"),
        [*cells, SavedCell("open('ran', 'w')\n%chat provider mine --base-url http://x/v1 --keep")],
    )
    content = path.read_bytes()
    assert verify(path).complete
    assert path.read_bytes() == content
    assert sorted(one.name for one in folder.iterdir()) == ["mine.ipynb"]


def test_a_text_notebook_has_the_records_of_the_ledger(shell: Any, quiet: Any, folder: Path) -> None:
    record(shell, ["%chat use parrot:green", "%%chat\nWhy?", "%%chat -c other\nWho?"])
    (folder / "mine.py").write_text(
        "# %chat use parrot:green\n\n# %%chat\n# Why?\n\n# %%chat -c other\n# Who?\n"
    )
    report = verify(folder / "mine.py")
    assert [(line.cell, line.verdict, line.source) for line in report.cells] == [
        (1, "recorded", "ledger"),
        (2, "recorded", "ledger"),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "mine.ipynb cannot be read: it is not JSON"),
        (b"[]", "mine.ipynb cannot be read: it is not a notebook"),
        (
            b'{"cells": [{"cell_type": "code", "source": "%%chat"}], "meta',
            "mine.ipynb is damaged: it is not whole",
        ),
        (b'{"cells": []}', ""),
    ],
)
def test_files_that_are_no_notebooks(folder: Path, content: bytes, problem: str) -> None:
    (folder / "mine.ipynb").write_bytes(content)
    report = verify(folder / "mine.ipynb")
    assert report.problem.startswith(problem)
    assert report.complete is (not problem)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = (",
        "def f(:\n  %%chat",
        "'%%chat\\nhi'",
        "%%writefile a.txt\n%%chat\nhi",
        "\x00 %%chat",
        "(" * 5000 + " # chat",
    ],
)
def test_cells_that_ask_nobody(source: str) -> None:
    assert acts_of(source) == []


def test_the_command_tells_of_the_notebook_that_is_named(shell: Any, capsys: Any, folder: Path) -> None:
    cells = record(shell, ["%%chat\na"])
    save(folder / "mine.ipynb", cells)
    out, fine = run(shell, capsys, "%chat verify mine.ipynb")
    assert fine
    assert (
        "mine.ipynb, as it was saved last: complete: the one cell that asks is answered from records." in out
    )
    found = session_of(shell)
    assert found is not None
    found._known = folder / "mine.ipynb"
    out, fine = run(shell, capsys, "%chat verify --files-only")
    assert fine
    assert "as it was saved last: complete" in out
    found._known = None
    for line, told in (
        ("%chat verify", "does not tell which notebook this is"),
        ("%chat verify no.ipynb", "is not there"),
    ):
        out, fine = run(shell, capsys, line)
        assert not fine
        assert told in out


def test_a_report_is_one_line_for_each_cell() -> None:
    report = Report("a\nb.ipynb", (Line(1, "x", "recorded", "file"), Line(2, "yy", "asks", why="w")))
    assert list(report.lines()) == [
        "  [1]    x   ok: the record beside it",
        "  [2]    yy  would ask: w",
        "a b.ipynb: not complete: 1 of 2 cells that ask would not be answered, cell 2 first (would ask)",
    ]


def test_a_mode_that_is_none_fails_where_it_counts(shell: Any, quiet: Any) -> None:
    told = lines(
        shell,
        ["%config ChatMagics.replay = ''", "%%chat\na"],
        ["%config ChatMagics.replay = 'onyl'", "%%chat\na"],
    )
    assert [line.verdict for line in told] == ["fails"]
    assert "which is none of off, keep" in told[0].why
