"""Pipes, devices, sockets, folders and links to them where a file is expected: each ends at once, in words; and files
without an end are read no further than their bound."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import environment, exports, files, images
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ChatError, HistoryError
from notebook_chat.providers import vendor_file
from notebook_chat.providers.local import weights
from notebook_chat.providers.local.background_job import ProgressReporter
from notebook_chat.providers.options import check_ssl
from notebook_chat.request import HttpRequest
from notebook_chat.session.saved_notebook import Snapshot, look
from notebook_chat.store import Store, read_notebook
from notebook_chat.transport.certificates import trusted

from ..test_conversation import say
from ..test_magics import provider, run, shared_shell, shell

__all__ = ["provider", "shared_shell", "shell"]

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a POSIX system's files")

PATIENCE = 20.0
"""Seconds; what hangs does so for ever."""

KINDS = {
    "a pipe": "it is a named pipe, not a file",
    "a socket": "it is a socket, not a file",
    "a folder": "it is a folder, not a file",
    "an endless device": "it is a device, not a file",
    "a terminal": "it is a device, not a file",
    "a link to a pipe": "it is a named pipe, not a file",
    "a link to a link to a device": "it is a device, not a file",
    "a pipe of a process": "it is a named pipe, not a file",
}


def make(kind: str, path: Path) -> Path:
    """Something that is no file, by its name in ``KINDS``."""
    other = path.with_name("the-other")
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as server:
            folder = Path.cwd()
            os.chdir(path.parent)  # a socket's path has 107 bytes at most
            try:
                server.bind(path.name)
            finally:
                os.chdir(folder)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "an endless device":
        path.symlink_to("/dev/zero")
    elif kind == "a terminal":
        path.symlink_to(os.ttyname(PSEUDO_TERMINAL[1]))
    elif kind == "a link to a pipe":
        os.mkfifo(other)
        path.symlink_to(other)
    elif kind == "a link to a link to a device":
        other.symlink_to("/dev/full")
        path.symlink_to(other)
    else:
        path.symlink_to(f"/proc/self/fd/{PIPE[0]}")
    return path


PIPE = os.pipe()
PSEUDO_TERMINAL = os.openpty() if hasattr(os, "openpty") else (-1, -1)


@pytest.fixture(scope="module", autouse=True)
def closed_at_the_end() -> Iterator[None]:
    yield
    for descriptor in (*PIPE, *PSEUDO_TERMINAL):
        os.close(descriptor)


def at_once(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns or raises; it fails where it hangs."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append((function(*arguments), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert outcome, f"{function} hangs"
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def refused(function: Callable[..., Any], *arguments: Any) -> str:
    """The words with which a function refuses a file."""
    with pytest.raises(ChatError) as caught:
        at_once(function, *arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def find_weights(path: Path) -> Path:
    return weights.find(str(path), ProgressReporter())


def talk() -> Conversation:
    conversation = Conversation("tea time")
    say(conversation, "why?", answer="Because.")
    return conversation


def export(path: Path) -> None:
    exports.write(talk(), path)


READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "an image": ("x.png", images.image_part),
    "an import": ("x.json", exports.read),
    "a notebook": ("x.ipynb", read_notebook),
    "a text notebook": ("x.md", read_notebook),
    "the target of an export": ("x.md", export),
    "a page to export": ("x.html", export),
    "weights": ("x.gguf", weights.check_header),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str, reader: str) -> None:
    name, read = READERS[reader]
    path = make(kind, tmp_path / name)
    before = os.lstat(path)[:4]
    assert KINDS[kind] in refused(read, path)
    assert os.lstat(path)[:4] == before
    assert not list(tmp_path.glob(".notebook_chat-*"))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "a folder"])
def test_weights_by_their_name(tmp_path: Path, kind: str) -> None:
    assert KINDS[kind] in refused(find_weights, make(kind, tmp_path / "x.gguf"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_that_is_looked_at_before_each_cell(tmp_path: Path, kind: str) -> None:
    state = look(make(kind, tmp_path / "x.ipynb"), Snapshot())
    assert at_once(lambda: state.file) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.chdir(tmp_path)
    make(kind, tmp_path / ".env")
    assert at_once(environment.find, "OPENAI_API_KEY") is None
    told = at_once(environment.file_problem)
    assert told == (None if kind == "a folder" else KINDS[kind])  # virtual environments are called so, too


def test_a_file_of_variables_that_is_not_read_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(".env")
    out, fine = run(shell, capsys, "%%chat\nhello")
    assert fine
    assert ".env is not read: it is a named pipe, not a file.\n" in out
    out, _ = run(shell, capsys, "%%chat\nhello again")
    assert ".env" not in out


@pytest.mark.parametrize("kind", KINDS)
def test_the_vendors_that_were_kept(kind: str) -> None:
    make(kind, environment.home() / vendor_file.NAME)
    assert dict(at_once(vendor_file.kept)) == {}
    assert KINDS[kind] in refused(vendor_file.forget, "x")


@pytest.mark.parametrize("ending", ["", "-journal", "-wal", "-shm"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_history_and_what_lies_beside_it(tmp_path: Path, kind: str, ending: str) -> None:
    store = Store(tmp_path / "conversations.sqlite3")
    if ending:
        store.save(talk())
        store.flush()
        store = Store(tmp_path / "conversations.sqlite3")
        (tmp_path / f"conversations.sqlite3{ending}").unlink(missing_ok=True)
    make(kind, tmp_path / f"conversations.sqlite3{ending}")
    words = refused(store.entries)
    assert f"conversations.sqlite3{ending}: {KINDS[kind]}" in words
    warning = store.warning()
    assert warning is not None
    assert KINDS[kind] in warning


@pytest.mark.parametrize("kind", KINDS)
def test_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(make(kind, tmp_path / "x.pem")))
    assert KINDS[kind] in refused(trusted, HttpRequest("GET", "https://localhost/"))


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_as_an_option(tmp_path: Path, kind: str) -> None:
    assert KINDS[kind] in refused(check_ssl, make(kind, tmp_path / "x.pem"))


def test_names_and_sizes_that_no_certificates_have(tmp_path: Path) -> None:
    with (tmp_path / "x.pem").open("wb") as file:
        file.truncate(1 << 40)
    assert "it is larger than 100,000,000 bytes" in refused(check_ssl, tmp_path / "x.pem")
    for name in ("a\0b", "x" * 5000, str(tmp_path / "gone")):
        assert "ssl must be" in refused(check_ssl, name)


@pytest.mark.parametrize("command", ["export x.md", "export x.json", "import x.json", "restore x.ipynb"])
def test_by_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Any, capsys: Any, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(command.split()[1])
    out, fine = run(shell, capsys, f"%chat {command}")
    assert not fine
    assert "it is a named pipe, not a file" in out
    assert "Traceback" not in out


@pytest.mark.parametrize("command", ["export", "import", "restore"])
@pytest.mark.parametrize(
    "name", ["~nobody-is-called-so/x.json", "x" * 5000 + ".json", "a\0b.json", "loop.json"]
)
def test_names_that_no_file_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: Any, capsys: Any, command: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "loop-2.json").mkdir()
    out, fine = run(shell, capsys, f"%chat {command} {name}")
    assert not fine
    assert "Traceback" not in out
    assert len(out.splitlines()) <= 2


def test_models_whose_names_no_file_has() -> None:
    from notebook_chat.providers.registry import resolve

    assert resolve("openai/" + "x" * 5000)[1] == "x" * 5000
    for name in ("x" * 5000, "~nobody-is-called-so/x.gguf", "x" * 5000 + ".gguf"):
        assert refused(weights.find, name, ProgressReporter())


# --- without an end -----------------------------------------------------------------------------------------


class Growing:
    """A file that somebody goes on writing to: each look at it finds it small, and each read finds more."""

    def __init__(self, path: Path, begin: bytes) -> None:
        self.path = path
        path.write_bytes(begin)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._grow, daemon=True)

    def _grow(self) -> None:
        with self.path.open("ab") as file:
            while not self._stop.is_set() and file.tell() < 500_000_000:
                file.write(b" " * 1_000_000)
                file.flush()

    def __enter__(self) -> Path:
        self._thread.start()
        return self.path

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.path.unlink()


def test_a_file_that_grows_while_it_is_read(tmp_path: Path) -> None:
    with Growing(tmp_path / "x", b"") as path, pytest.raises(OSError, match="larger than 3,000,000 bytes"):
        while True:  # until the writer is ahead
            files.read(path, 3_000_000)


def test_sizes_are_not_taken_from_what_a_file_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader, path in ((exports.read, tmp_path / "x.json"), (read_notebook, tmp_path / "x.ipynb")):
        with path.open("wb") as file:
            file.truncate(1 << 40)  # one terabyte, and no block of it on the disk
        words = refused(reader, path)
        assert "it is larger than 200,000,000 bytes" in words
    with (tmp_path / "x.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(1 << 40)
    assert "too large" in refused(images.image_part, tmp_path / "x.png")
    monkeypatch.chdir(tmp_path)
    with (tmp_path / ".env").open("wb") as file:
        file.truncate(1 << 40)
    assert at_once(environment.find, "OPENAI_API_KEY") is None
    assert environment.file_problem() == "it is larger than 1,000,000 bytes"
    with (environment.home() / vendor_file.NAME).open("wb") as file:
        file.truncate(1 << 40)
    assert dict(at_once(vendor_file.kept)) == {}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="files of the kernel, without a size")
def test_files_of_the_operating_system_that_tell_no_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OSError, match="larger than 100 bytes"):
        files.read("/proc/self/status", 100)
    for source in ("/proc/self/mem", "/proc/kmsg", "/proc/self/pagemap", "/proc/self/environ", "/dev/stdin"):
        path = tmp_path / "x.json"
        path.symlink_to(source)
        with pytest.raises(HistoryError):
            at_once(exports.read, path)
        path.unlink()


def test_a_file_that_a_pipe_takes_the_place_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a file")
    real = os.open

    def swapped(name: Any, *arguments: Any, **further: Any) -> int:
        if name == path:
            path.unlink()
            os.mkfifo(path)
        return real(name, *arguments, **further)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(OSError, match="it is a named pipe"):
        at_once(files.read, path, 100)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("nothing tells which are open")
    make("a pipe", tmp_path / "x")
    (tmp_path / "y").write_bytes(b"123")
    before = len(list(folder.iterdir()))
    for _ in range(20):
        for path in (tmp_path / "x", tmp_path / "y", tmp_path, tmp_path / "gone"):
            with pytest.raises(OSError, match=r"."):
                files.read(path, 1)
    assert len(list(folder.iterdir())) == before
