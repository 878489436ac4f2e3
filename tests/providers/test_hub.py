"""Weights from the Hugging Face hub, with its real client and a hub on loopback."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import aclosing
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.errors import ConfigurationError, DownloadError, MissingDependencyError
from notebook_chat.providers.local import hub, weights
from notebook_chat.providers.local.background_job import BackgroundJob, ProgressReporter

from .model_hub import TOKEN, ModelHub
from .package_index import CONTENT, Configure

pytest_plugins = ("tests.providers.local_fixtures",)

pytest.importorskip("huggingface_hub")

# Until then the client keeps a half-written file, and the next download of it goes on from there.
CLIENT_REMOVES_HALF_FILES = tuple(map(int, version("huggingface_hub").split(".")[:2])) >= (1, 18)

PARTS = {f"big-{number:05}-of-00002.gguf": CONTENT[:1000] + bytes([number]) for number in (1, 2)}
REPOSITORIES = {
    "own/repo": {"model.gguf": CONTENT, "deep/other.gguf": CONTENT[:2000], "README.md": b"#", **PARTS}
}


@pytest.fixture
def files(tmp_path: Path, configure: Configure) -> Iterator[ModelHub]:
    """The hub, which this process's environment points to."""
    with ModelHub(REPOSITORIES, tmp_path / "hf", gated=("own/gated",)) as model_hub:
        configure(model_hub.settings)
        yield model_hub


def test_file_comes_from_the_hub_and_stays(files: ModelHub, tmp_path: Path) -> None:
    path = weights.find("hf:own/repo:model.gguf", ProgressReporter())
    assert path.read_bytes() == CONTENT
    assert tmp_path / "hf" in path.parents
    assert hub.ensure("hf:own/repo:deep/other.gguf", ProgressReporter()).read_bytes() == CONTENT[:2000]
    files.close()
    assert hub.ensure("hf:own/repo:model.gguf", ProgressReporter()) == path
    assert list(hub.models()).count("hf:own/repo:model.gguf") == 1


def test_model_in_parts_is_had_whole(files: ModelHub) -> None:
    path = hub.ensure("hf:own/repo:big-00002-of-00002.gguf", ProgressReporter())
    assert path.name == "big-00001-of-00002.gguf"
    assert sorted(file.name for file in path.parent.iterdir()) == sorted(PARTS)


async def test_stopped_download_leaves_nothing_in_the_way_of_the_next(
    tmp_path: Path, configure: Configure
) -> None:
    content = CONTENT[:24] + random.Random(2).randbytes(30_000_000)  # the client writes 10 MB at a time
    with ModelHub({"own/repo": {"m.gguf": content}}, tmp_path / "hf", pause_after=15_000_000) as files:
        configure(files.settings)
        fraction = 0.0
        work = BackgroundJob(lambda progress: hub.ensure("hf:own/repo:m.gguf", progress))
        async with aclosing(work.statuses()) as statuses:
            async for status in statuses:
                assert "m.gguf (30 MB) of own/repo" in status.text
                fraction = status.fraction or 0.0
                if fraction > 0.3:
                    break
        assert fraction < 0.5
        assert not (CLIENT_REMOVES_HALF_FILES and list((tmp_path / "hf").rglob("*.incomplete")))
        files.resume.set()
        assert hub.ensure("hf:own/repo:m.gguf", ProgressReporter()).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("hf:own/repo:gone.gguf", "own/repo on the hub has no gone.gguf", "deep/other.gguf, model.gguf"),
        ("hf:own/gone:model.gguf", "the hub has no own/gone", "HF_TOKEN"),
        ("hf:own/gated:model.gguf", "accepted its terms", "HF_TOKEN"),
    ],
)
def test_what_the_hub_refuses(files: ModelHub, name: str, message: str, hint: str) -> None:
    with pytest.raises(DownloadError) as raised:
        hub.ensure(name, ProgressReporter())
    assert message in raised.value.message
    assert hint in raised.value.hint
    assert TOKEN not in str(raised.value)


def test_hub_that_nobody_answers(files: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match="could not be reached") as raised:
        hub.ensure("hf:own/repo:model.gguf", ProgressReporter())
    assert "HF_ENDPOINT" in raised.value.hint


def test_working_offline_on_purpose(files: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadError, match="could not be reached"):
        hub.ensure("hf:own/repo:model.gguf", ProgressReporter())


def test_client_that_is_not_installed(files: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError) as raised:
        hub.ensure("hf:own/repo:model.gguf", ProgressReporter())
    assert 'pip install "notebook_chat[hub]"' in raised.value.hint


def test_hub_that_holds_no_gguf_file(tmp_path: Path, configure: Configure) -> None:
    with ModelHub({"own/repo": {"page.gguf": b"<html>not logged in</html>"}}, tmp_path / "hf") as files:
        configure(files.settings)
        with pytest.raises(ConfigurationError, match="web page"):
            weights.find("hf:own/repo:page.gguf", ProgressReporter())


@pytest.mark.parametrize(
    "name", ["hf:", "hf:repo:file.gguf", "hf:own/repo", "hf:own/repo:file.bin", "hf:own/repo:../up.gguf"]
)
def test_names_of_another_form(name: str) -> None:
    with pytest.raises(ConfigurationError, match="does not name a file on the hub"):
        hub.ensure(name, ProgressReporter())


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_name_leads_out_of_the_cache(tmp_path_factory: pytest.TempPathFactory, rest: str) -> None:
    os.environ["HF_HUB_CACHE"] = str(tmp_path_factory.getbasetemp() / "empty")
    try:
        match = hub._NAME.fullmatch(f"hf:{rest}")
        if match is None:
            return
        folder = hub._folder(match["repository"])
    finally:
        del os.environ["HF_HUB_CACHE"]
    assert folder.parent == tmp_path_factory.getbasetemp() / "empty"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_output_of_the_program_is_read(output: str) -> None:
    assert hub._last(f'{output}\n{{"size": 3}}\n{output}x') == {"size": 3}
    assert isinstance(hub._last(output), dict)
