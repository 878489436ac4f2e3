"""The environment's variables, and those of a file beside the notebook, which is read and never exported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from notebook_chat import environment
from notebook_chat.environment import Found, filled, find, find_in_file, find_key, home
from notebook_chat.errors import ConfigurationError
from notebook_chat.secrets import Secret


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


def test_the_environment_comes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find("A_KEY", "B_KEY") is None
    file.write_text("B_KEY='of the file'\nexport A_KEY = x # a comment\nEMPTY=\n", "utf-8")
    assert find("B_KEY") == Found("B_KEY", "of the file", True)
    assert find("A_KEY", "B_KEY") == Found("A_KEY", "x", True)
    assert find("EMPTY") is None
    monkeypatch.setenv("B_KEY", " of the environment ")
    assert find("A_KEY", "B_KEY") == Found("B_KEY", "of the environment")
    assert find_in_file("B_KEY") == Found("B_KEY", "of the file", True)
    assert find_key("B_KEY") == ("B_KEY", Secret("of the environment"))
    assert find_key("B_KEY", in_file=True) == ("B_KEY", Secret("of the file"))
    assert "A_KEY" not in os.environ


def test_a_file_that_changes_is_read_again(file: Path) -> None:
    file.write_text("A_KEY=one\n")
    assert find("A_KEY") == Found("A_KEY", "one", True)
    file.write_text("A_KEY=another\n")
    assert find("A_KEY") == Found("A_KEY", "another", True)
    file.unlink()
    assert find("A_KEY") is None


def test_nothing_of_the_environment_gets_into_a_files_values(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "sk-secret")
    file.write_text("BASE_URL=http://host/${SECRET_KEY}/$SECRET_KEY\n")
    assert find("BASE_URL") == Found("BASE_URL", "http://host/${SECRET_KEY}/$SECRET_KEY", True)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"=\n==\n'", b"A_KEY", b"\xef\xbb\xbfB=1\n", b"A" * 2_000_000]
)
def test_a_file_that_is_something_else_does_no_harm(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert find("A_KEY") is None


def test_a_folder_of_that_name_does_no_harm(file: Path) -> None:
    file.mkdir()
    assert find("A_KEY") is None


def test_variables_in_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "abc")
    assert filled("Bearer $TOKEN/${TOKEN}! $$5 $").reveal() == "Bearer abc/abc! $5 $"
    with pytest.raises(ConfigurationError, match="the variable NOWHERE_SET is not set"):
        filled("$NOWHERE_SET")


def test_the_folder_of_what_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("NOTEBOOK_CHAT_HOME")
    assert home().name == "notebook_chat"
    assert environment.FILE == ".env"
