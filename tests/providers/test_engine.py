"""The engine's process: how it is loaded, shared, guarded, lost and ended."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from notebook_chat.errors import EngineError
from notebook_chat.events import Notice
from notebook_chat.providers import AsyncResult, Local
from notebook_chat.providers.local import engine
from notebook_chat.providers.local.background_job import ProgressReporter, StoppedError
from notebook_chat.providers.local.engine import Engine, Engines, Model

pytest_plugins = ("tests.providers.local_fixtures",)

HEADER = struct.pack("<4sIQQ", b"GGUF", 3, 1, 1)


def ask(model: str = "", max_tokens: int = 4) -> AsyncResult:
    return Local.create_async_generator(model, "Hello!", temperature=0, max_tokens=max_tokens)


def process_of(running: Engine) -> int:
    assert running._child is not None
    return running._child._process.pid


# --- loading --------------------------------------------------------------------------------------------


@pytest.mark.model
async def test_loading_does_not_freeze_the_process(model_file: Path, fresh: Engines) -> None:
    gaps: dict[str, float] = {"thread": 0.0, "loop": 0.0}
    loaded = threading.Event()

    def tick() -> None:
        last = time.perf_counter()
        while not loaded.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            gaps["thread"], last = max(gaps["thread"], now - last), now

    async def tick_in_loop() -> None:
        last = time.perf_counter()
        while not loaded.is_set():
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps["loop"], last = max(gaps["loop"], now - last), now

    result = ask()
    async for event in result.events():
        if isinstance(event, Notice) and event.text.startswith("Loading"):
            break  # what came before it is Python: imports, and compiling them
    ticker, in_loop = threading.Thread(target=tick), asyncio.create_task(tick_in_loop())
    ticker.start()
    start = time.perf_counter()
    await anext(result)
    seconds = time.perf_counter() - start
    loaded.set()
    ticker.join()
    await in_loop
    await result.aclose()
    print(f"loaded and answering in {seconds:.2f} s; longest gaps {gaps} s")
    # A load in this process is one gap as long as itself. A busy machine makes gaps too, but many.
    assert gaps["thread"] < max(0.1, seconds / 3)
    assert gaps["loop"] < max(0.1, seconds / 3)


@pytest.mark.model
async def test_one_model_serves_all(model_file: Path, fresh: Engines) -> None:
    await asyncio.gather(*(ask().read() for _ in range(3)))
    [running] = fresh._users
    process = process_of(running)
    other_loop = threading.Thread(target=lambda: asyncio.run(ask().read()))
    other_loop.start()
    await asyncio.to_thread(other_loop.join)
    assert list(fresh._users) == [running]
    assert process_of(running) == process


@pytest.mark.model
async def test_other_model_takes_the_place_of_the_first(
    model_file: Path, fresh: Engines, tmp_path: Path
) -> None:
    other = tmp_path / "other.gguf"
    other.symlink_to(model_file)
    first = ask(max_tokens=400)
    await anext(first)
    [one] = fresh._users
    assert await ask(str(other)).read()  # while the first still answers
    assert one.running
    assert await anext(first)
    await first.aclose()
    deadline = time.monotonic() + 10
    while one.running and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert not one.running
    [two] = fresh._users
    assert two.running
    assert two.model.path == other


@pytest.mark.model
async def test_stopping_while_it_loads(model_file: Path, fresh: Engines) -> None:
    result = ask()
    async for event in result.events():
        if isinstance(event, Notice) and event.text.startswith("Loading"):
            break
    task = asyncio.create_task(result.read())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [running] = fresh._users
    assert not running.running
    assert await ask().read()


@pytest.mark.model
@pytest.mark.parametrize("keep", [1_000, 500_000, 50_000_000])
async def test_truncated_file_is_said_to_be(model_file: Path, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.gguf"
    with model_file.open("rb") as source:
        path.write_bytes(source.read(keep))
    with pytest.raises(EngineError, match=r"cut\.gguf cannot be loaded: .*(damaged|incomplete|corrupt)"):
        await ask(str(path)).read()


@pytest.mark.model
@pytest.mark.parametrize("rest", [b"", bytes(4096), b"\xff" * 4096, os.urandom(65536)])
async def test_no_file_breaks_this_process(
    tmp_path: Path, rest: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(HEADER + rest)
    with pytest.raises(EngineError, match=r"damaged\.gguf cannot be loaded: .+"):
        await ask(str(path)).read()
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
async def test_unknown_architecture_is_named(model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.gguf"
    path.write_bytes(
        model_file.read_bytes().replace(b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0zzzzz", 1)
    )
    with pytest.raises(EngineError, match="unknown model architecture: 'zzzzz'"):
        await ask(str(path)).read()


@pytest.mark.model
async def test_nothing_is_printed(
    model_file: Path, fresh: Engines, capfd: pytest.CaptureFixture[str]
) -> None:
    await ask().read()
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
def test_loading_waits_for_a_load_and_can_be_stopped(model_file: Path) -> None:
    running = Engine(Model.of(model_file, "m", 512))
    progress = ProgressReporter()
    with running._starting:
        threading.Timer(0.1, progress.stop).start()
        with pytest.raises(StoppedError):
            running.start(progress)


def test_python_that_cannot_start_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.gguf").write_bytes(HEADER)
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(EngineError, match="cannot be started"):
        Engine(Model.of(tmp_path / "m.gguf", "m", 512)).start(ProgressReporter())


# --- the port -------------------------------------------------------------------------------------------


@pytest.mark.model
@pytest.mark.parametrize("path", ["/", "/v1/models", "/slots", "/props", "/metrics", "/v1/chat/completions"])
async def test_others_get_nothing_from_the_port(model_file: Path, path: str) -> None:
    await ask().read()
    running = next(iter(engine.engines._users))
    assert running.address.startswith("http://127.0.0.1:")
    request = urllib.request.Request(running.address + path, headers={"Origin": "https://evil.example"})
    with pytest.raises(urllib.error.HTTPError) as raised:
        await asyncio.to_thread(urllib.request.urlopen, request)
    with raised.value as refusal:
        assert refusal.code in (401, 404)
        assert refusal.headers.get("Access-Control-Allow-Origin") not in ("*", "https://evil.example")


@pytest.mark.model
async def test_key_is_not_in_the_process_list_or_any_repr(model_file: Path) -> None:
    await ask().read()
    running = next(iter(engine.engines._users))
    key = running.key.reveal()
    assert len(key) >= 40
    assert key not in repr(vars(running))
    if Path("/proc").is_dir():
        for name in ("cmdline", "environ"):
            assert key.encode() not in Path(f"/proc/{process_of(running)}/{name}").read_bytes()
