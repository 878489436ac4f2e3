"""An export takes the place of what was exported, byte for byte, and of nothing that somebody has worked on since."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from notebook_chat import environment, export_files, exports, files
from notebook_chat.conversation import Conversation
from notebook_chat.errors import HistoryError

from ..test_conversation import say
from ..test_magics import notebook, provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]

FORMS = list(exports.FORMS)
CHANGED = "has changed since it was exported"
FOREIGN = "is there and was not exported from here"


def talk(turns: int = 1) -> Conversation:
    conversation = Conversation("tea time")
    for number in range(turns):
        say(conversation, f"why {number}?", answer="Because.")
    return conversation


def others(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("ending", FORMS)
def test_an_export_that_nobody_touched_is_replaced_each_time(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    for turns in range(1, 30):
        assert exports.write(talk(turns), path) == (path, "")
        assert f"why {turns - 1}?" in path.read_text()
    assert others(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", FORMS)
def test_work_on_an_export_stays(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    exports.write(talk(), path)
    work = path.read_text() + "\n<!-- exported by notebook_chat --> and a day's work\n"
    path.write_text(work)
    for turns in (2, 3, 4):
        assert exports.write(talk(turns), path) == (tmp_path / f"x-2{ending}", CHANGED)
    assert path.read_text() == work
    (tmp_path / f"x-2{ending}").write_text("and more of it")
    assert exports.write(talk(5), path) == (tmp_path / f"x-3{ending}", CHANGED)
    assert (tmp_path / f"x-2{ending}").read_text() == "and more of it"
    assert others(tmp_path) == [f"x-2{ending}", f"x-3{ending}", f"x{ending}"]


@pytest.mark.parametrize("change", [b"", b"\0", b"\n"])
def test_one_byte_is_a_change(tmp_path: Path, change: bytes) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    was = path.read_bytes()
    path.write_bytes(was + change if change else was[:-1])
    assert exports.write(talk(2), path).spared == CHANGED


def test_a_file_that_names_us_and_was_not_exported_here(tmp_path: Path) -> None:
    for ending in FORMS:
        path = tmp_path / f"x{ending}"
        exports.write(talk(), path)
        foreign = tmp_path / f"y{ending}"
        shutil.copy(path, foreign)  # the very bytes of an export, at another place: a copy somebody has made
        assert exports.write(talk(2), foreign) == (tmp_path / f"y-2{ending}", FOREIGN)
        assert foreign.read_bytes() == path.read_bytes()


def test_jupyterlab_saving_an_exported_notebook_makes_it_the_users(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    exports.write(talk(), path)
    nbformat.write(nbformat.read(path, as_version=4), path)
    saved = path.read_bytes()
    assert exports.write(talk(2), path).spared == CHANGED
    assert path.read_bytes() == saved


def test_what_came_back_as_it_was_exported_is_an_export(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(1), path)
    first = path.read_bytes()
    exports.write(talk(2), path)
    path.write_bytes(first)  # out of a backup
    assert exports.write(talk(3), path) == (path, "")


def test_without_the_checksums_nothing_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    shutil.rmtree(environment.home() / "exports")
    assert exports.write(talk(2), path).spared == FOREIGN


def test_a_home_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("no folder")
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "home"))
    assert exports.write(talk(), tmp_path / "x.md").spared == ""
    assert exports.write(talk(2), tmp_path / "x.md") == (tmp_path / "x-2.md", FOREIGN)


def test_checksums_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_files, "_MOST_FILES", 5)
    for number in range(9):
        exports.write(talk(), tmp_path / f"{number}.md")
    assert len(list((environment.home() / "exports").iterdir())) == 5
    assert exports.write(talk(2), tmp_path / "8.md").spared == ""


# --- what cannot be written whole --------------------------------------------------------------------------


@pytest.mark.parametrize("ending", FORMS)
@pytest.mark.parametrize("call", ["write", "fsync", "chmod", "replace"])
def test_a_full_disk_and_an_interrupt_leave_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, call: str
) -> None:
    path = tmp_path / f"x{ending}"
    exports.write(talk(), path)
    old = path.read_bytes()
    for error in (OSError(28, "No space left on device"), KeyboardInterrupt()):

        def full(*_: Any, _error: BaseException = error, **__: Any) -> Any:
            raise _error

        with monkeypatch.context() as patch:
            patch.setattr(os, call, full)
            with pytest.raises((HistoryError, KeyboardInterrupt)) as caught:
                exports.write(talk(2), path)
        if isinstance(caught.value, HistoryError):
            assert "No space left on device" in str(caught.value)
        assert path.read_bytes() == old
        assert others(tmp_path) == [path.name]
    assert exports.write(talk(2), path) == (path, "")


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a limit on files")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    old = path.read_bytes()
    seed = tmp_path / "seed" / "x.json"
    seed.parent.mkdir()
    exports.write(talk(1000), seed)
    program = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom notebook_chat import exports\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "exports.write(exports.read(Path(sys.argv[1])), Path(sys.argv[2]))\n"
    )
    result = subprocess.run([sys.executable, "-c", program, seed, path], capture_output=True, text=True)
    assert "HistoryError" in result.stderr
    assert "File too large" in result.stderr
    assert path.read_bytes() == old
    assert others(tmp_path) == ["seed", "x.md"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals")
def test_kills_leave_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    seeds = [tmp_path / "300.json", tmp_path / "301.json"]
    for seed in seeds:
        exports.write(talk(int(seed.stem)), seed)
    program = (
        "import sys\nfrom pathlib import Path\nfrom notebook_chat import exports\n"
        "path, *seeds = map(Path, sys.argv[1:])\nconversations = [exports.read(seed) for seed in seeds]\n"
        "print('ready', flush=True)\n"
        "while True:\n    for one in conversations:\n        assert exports.write(one, path).spared == ''\n"
    )
    for number in range(5):
        process = subprocess.Popen([sys.executable, "-c", program, path, *seeds], stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout:
            process.stdout.readline()
            time.sleep(0.02 + 0.026 * number)
            process.kill()
            process.wait()
        if path.exists():
            assert len(json.loads(path.read_text())["turns"]) in (300, 301)
            assert exports.write(talk(2), path).spared == ""  # and it is known


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(self: Path, target: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    path = tmp_path / "x.md"
    for turns in (1, 2):
        assert exports.write(talk(turns), path) == (path, "")
    path.write_text("work")
    with files.draft(tmp_path, b"1") as written, pytest.raises(FileExistsError):
        files.put_new(written, path)
    assert exports.write(talk(), path).spared == CHANGED
    assert others(tmp_path) == ["x-2.md", "x.md"]


def test_two_kernels_at_once_never_leave_half_a_file(tmp_path: Path) -> None:
    problems: list[str] = []

    def kernel(turns: int) -> None:
        for number in range(15):
            path = tmp_path / f"{number}.json"
            conversation = talk(turns)
            written = exports.write(conversation, path)
            if written.spared:
                problems.append(written.spared)
            json.loads(path.read_text())

    threads = [threading.Thread(target=kernel, args=(turns,)) for turns in (3, 40, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    for number in range(15):
        assert len(json.loads((tmp_path / f"{number}.json").read_text())["turns"]) in (3, 40, 7)


def test_a_file_saved_while_the_export_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    real = os.fsync

    def saved(descriptor: int) -> None:
        path.write_text("the user's work")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", saved)
    assert exports.write(talk(2), path).path != path
    assert path.read_text() == "the user's work"


def test_a_file_that_comes_while_the_first_export_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.md"
    real = os.fsync

    def made(descriptor: int) -> None:
        if not path.exists():
            path.write_text("the user's work")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", made)
    assert exports.write(talk(2), path).path == tmp_path / "x-2.md"
    assert path.read_text() == "the user's work"


# --- links, modes, names -----------------------------------------------------------------------------------


@pytest.fixture
def umask() -> Iterator[None]:
    old = os.umask(0o027)
    yield
    os.umask(old)


@pytest.mark.usefixtures("umask")
@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_the_mode_is_that_of_a_new_file_or_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    assert path.stat().st_mode & 0o777 == 0o640
    for mode in (0o600, 0o644, 0o666, 0o755):
        path.chmod(mode)
        exports.write(talk(2), path)
        assert path.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_a_read_only_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    path.chmod(0o444)
    assert exports.write(talk(2), path) == (tmp_path / "x-2.md", "is read-only")


def test_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real = tmp_path / "folder" / "x.md"
    exports.write(talk(), real)
    link = tmp_path / "link.md"
    link.symlink_to(real)
    assert exports.write(talk(2), link) == (link, "")
    assert link.is_symlink()
    assert "why 1?" in real.read_text()
    real.write_text("work")
    assert exports.write(talk(2), link) == (tmp_path / "link-2.md", CHANGED)
    assert real.read_text() == "work"

    nowhere = tmp_path / "nowhere.md"
    nowhere.symlink_to(tmp_path / "folder" / "made-by-a-stranger.md")
    assert exports.write(talk(), nowhere) == (tmp_path / "nowhere-2.md", "is a link to nothing")
    assert others(tmp_path / "folder") == ["x.md"]

    other = tmp_path / "hard.md"
    exports.write(talk(), other)
    other_name = tmp_path / "work.md"
    other_name.hardlink_to(other)
    exports.write(talk(2), other)
    assert "why 1?" in other.read_text()
    assert "why 1?" not in other_name.read_text()  # nothing is lost that somebody else has a name for
    other_name.write_text("work")
    (tmp_path / "again.md").hardlink_to(other_name)
    assert exports.write(talk(), tmp_path / "again.md").spared == FOREIGN
    assert other_name.read_text() == "work"


def test_names_that_some_file_systems_take_for_one(tmp_path: Path) -> None:
    names = ["Tee.md", "tee.md", "Caf\u00e9.md", "Cafe\u0301.md", "stra\u00dfe.md", "strasse.md"]
    for turns in (1, 2, 3):
        for name in names:
            exports.write(talk(turns), tmp_path / name)
    assert set(others(tmp_path)) <= set(names)
    (tmp_path / "tee.md").write_text("work")
    exports.write(talk(4), tmp_path / "tee.md")
    assert (tmp_path / "tee.md").read_text() == "work"


def test_the_notebook_itself_is_left(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    exports.write(talk(), path)  # and now it is opened, and runs
    assert exports.write(talk(2), path, path) == (tmp_path / "x-2.ipynb", "is this notebook")
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)
    assert exports.write(talk(2), link, path).spared == "is this notebook"
    assert exports.write(talk(2), path, tmp_path / "gone.ipynb").spared == ""


def test_a_folder_full_of_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_files, "_MOST_NAMES", 5)
    for name in ("x.md", "x-2.md", "x-3.md", "x-4.md"):
        (tmp_path / name).write_text("work")
    with pytest.raises(HistoryError, match="so it is with all names beside it"):
        exports.write(talk(), tmp_path / "x.md")
    assert {path.read_text() for path in tmp_path.iterdir()} == {"work"}


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    exports.write(talk(), path)
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    assert exports.write(talk(2), path).spared == CHANGED


def test_the_export_cell_in_run_all(
    shell: Any, capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(3):
        run(shell, capsys, "%%chat\nhello")
        out, fine = run(shell, capsys, "%chat export talk.md")
        assert fine
        assert "written to talk.md.\n" in out
    Path("talk.md").write_text("a day's work")
    out, fine = run(shell, capsys, "%chat export talk.md")
    assert fine
    assert out == f"3 turns written to talk-2.md: talk.md {CHANGED}, and stays as it is.\n"
    assert Path("talk.md").read_text() == "a day's work"
    out, _ = run(shell, capsys, "%chat export talk.md")
    assert others(tmp_path) == ["talk-2.md", "talk.md"]
    Path("own.ipynb").write_text("{}")
    with monkeypatch.context() as patch:
        patch.setattr(type(notebook(shell)), "notebook", property(lambda self: tmp_path / "own.ipynb"))
        out, _ = run(shell, capsys, "%chat export own.ipynb")
    assert "own.ipynb is this notebook, and stays as it is." in out


def test_drafts_have_names_that_nobody_can_foresee(tmp_path: Path) -> None:
    with files.draft(tmp_path, b"1") as one, files.draft(tmp_path, b"2") as other:
        assert one != other
        assert one.name.startswith(".notebook_chat-")
    assert others(tmp_path) == []


def test_drafts_of_killed_processes_go_after_an_hour(tmp_path: Path) -> None:
    names = [".notebook_chat-0123456789abcdef", ".notebook_chat-notes", ".notebook_chat-fedcba9876543210"]
    for name in names:
        (tmp_path / name).write_text("what was said")
    for name in names[:2]:
        os.utime(tmp_path / name, (1, 1))
    exports.write(talk(), tmp_path / "x.md")
    assert others(tmp_path) == [*sorted(names[1:]), "x.md"]
