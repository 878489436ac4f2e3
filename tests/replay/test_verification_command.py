"""``python -m notebook_chat verify``, as a program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from notebook_chat.__main__ import COMMANDS, main
from notebook_chat.ledger import RequestKey
from notebook_chat.messages import Message

from .recorded_notebook import SavedCell, save

ROOT = Path(__file__).parents[2]
LOAD = "%load_ext notebook_chat"


def turn(prompt: str, answer: str, before: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """What an output holds of a question that was asked of a model which is nowhere."""
    said = [
        Message(role, text) for one in before for role, text in zip(("user", "assistant"), one, strict=True)
    ]
    key = RequestKey.of("ollama", ADDRESS, "nobody", {}, (*said, Message("user", prompt)))
    told = {"prompt": {"role": "user", "content": prompt}, "answer": answer, "model": "ollama:nobody"}
    place = {"conversation": "default", "conversation_id": "c1", "position": len(before), "id": prompt}
    return {"notebook_chat": {**told, **place, "request": key.digest}}


ADDRESS = "http://localhost:11434"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook with two questions and their answers."""
    return save(
        tmp_path / "mine.ipynb",
        [
            SavedCell(LOAD),
            SavedCell("%%chat ollama:nobody\nWhy?", (turn("Why?", "Therefore."),)),
            SavedCell("%%chat ollama:nobody\nAnd?", (turn("And?", "So on.", (("Why?", "Therefore."),)),)),
            SavedCell("print('at the end')"),
        ],
    )


def edit(path: Path, before: str, after: str) -> None:
    """Changes a text in a notebook's sources."""
    told = json.loads(path.read_text())
    for cell in told["cells"]:
        cell["source"] = "".join(cell["source"]).replace(before, after)
    path.write_text(json.dumps(told))


def test_what_is_complete(notebook: Path, capsys: Any) -> None:
    assert main(["verify", str(notebook)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "  [2]    Why?  ok: an output",
        "  [3]    And?  ok: an output",
        f"{notebook}: complete: all 2 cells that ask are answered from records",
    ]


def test_what_is_not(notebook: Path, capsys: Any) -> None:
    edit(notebook, "And?", "And then?")
    assert main(["verify", "--quiet", str(notebook)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "  [3]    And then?  would ask: the prompt is edited: “And then?”, where “And?” was",
        f"{notebook}: not complete: 1 of 2 cells that ask would not be answered, cell 3 first (would ask)",
    ]


def test_as_json(notebook: Path, capsys: Any) -> None:
    edit(notebook, "Why?", "Why\u202e?")
    assert main(["verify", "--json", str(notebook), "nowhere.ipynb"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] is False
    assert [one["complete"] for one in told["notebooks"]] == [False, False]
    assert told["notebooks"][0]["cells"][0]["verdict"] == "asks"
    assert told["notebooks"][1]["problem"] == "there is no such notebook"


def test_folders_patterns_and_records_name_notebooks(notebook: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(notebook.parent)
    for kept in (".ipynb_checkpoints", "deep/er"):
        (notebook.parent / kept).mkdir(parents=True)
        (notebook.parent / kept / "other.ipynb").write_text('{"cells": []}')
    for named, count in {
        ".": 2,
        "*.ipynb": 1,
        "**/*.ipynb": 2,
        "mine.chat.jsonl": 1,
        "tests/x.chat.jsonl": 0,
    }.items():
        code = main(["verify", "--json", named])
        told = json.loads(capsys.readouterr().out)
        assert (len(told["notebooks"]), code) == (count, 0 if count else 1), named
    assert main(["verify", "mine.ipynb", str(notebook), "."]) == 0
    assert capsys.readouterr().out.count("mine.ipynb: complete") == 1


@pytest.mark.parametrize(
    "name", ["9" * 5_000, "9" * 5_000 + ".chat.jsonl", "9" * 5_000 + "*", "a\0b", "\udc80"]
)
def test_what_can_be_no_files_name_is_not_there(capsys: Any, name: str) -> None:
    assert main(["verify", name]) in (1, 2)
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err


def test_a_wrong_line_is_refused(capsys: Any) -> None:
    for line in ([], ["verify"], ["nonsense"], ["verify", "--nonsense", "x"]):
        with pytest.raises(SystemExit) as ended:
            main(line)
        assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert "notebook_chat " in capsys.readouterr().out


def test_each_command_has_its_help(capsys: Any) -> None:
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            main([command.name, "--help"])
        assert command.help[:20] in capsys.readouterr().out


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs the program."""
    program = [sys.executable, "-W", "error", "-m", "notebook_chat", *words]
    return subprocess.run(
        program, capture_output=True, text=True, env={**os.environ, **more}, timeout=120, check=False
    )


@pytest.mark.process
def test_as_a_program(notebook: Path) -> None:
    done = run("verify", str(notebook), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    edit(notebook, "And?", "And: ü?")
    done = run("verify", str(notebook), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.process
def test_the_hook_of_pre_commit(notebook: Path) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == "notebook-chat-verify"
    program, *words = hook["entry"].split()
    assert program == "python"

    def commit() -> subprocess.CompletedProcess[str]:
        line = [sys.executable, *words, str(notebook)]
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)

    assert commit().returncode == 0
    edit(notebook, "And?", "And then?")
    done = commit()
    assert done.returncode == 1
    assert "would ask: the prompt is edited" in done.stdout


@pytest.mark.kernel
def test_running_it(notebook: Path) -> None:
    done = run("verify", "--run", str(notebook))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "complete: it ran to its end, and all 2 cells that ask are answered without a model" in done.stdout
    edit(notebook, "And?", "And then?")
    done = run("verify", "--run", str(notebook))
    assert done.returncode == 1
    assert "[3]    And then?  would fail: NotRecordedError" in done.stdout
    edit(notebook, LOAD, f"{LOAD}\n%config ChatMagics.replay = 'off'")
    done = run("verify", "--run", str(notebook))
    assert "[3]    And then?  would fail: NotRecordedError" in done.stdout  # what is set does not count
    assert not json.loads(notebook.read_bytes())["cells"][3]["outputs"]  # nothing of it is saved


@pytest.mark.kernel
@pytest.mark.parametrize(
    "code",
    [
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')",
        "import socket\nsocket.create_connection(('127.0.0.1', 9))",
        "import socket\nsocket.getaddrinfo('example.com', 80)",
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    ],
)
def test_no_socket_is_reached(tmp_path: Path, code: str) -> None:
    path = save(tmp_path / "mine.ipynb", [SavedCell("x = 1"), SavedCell(code)])
    done = run("verify", "--run", str(path))
    assert done.returncode == 1
    assert "verify --run refuses every socket" in done.stdout
    assert "cell 2 failed, when it was run" in done.stdout
