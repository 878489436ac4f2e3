"""Answers in a terminal of any encoding."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.renderers import TerminalRenderer, play
from notebook_chat.text import encodable

from .fakes import parrot
from .servers import Answer, Reset
from .servers.fixtures import ServerFactory

TEXT = "Grüße – 你好 “quoted” … 👋"
ENCODINGS = ["ascii", "cp1252", "cp437", "latin-1", "shift_jis", "utf-8"]
AS_WRITTEN = {
    "ascii": 'Gr??e - ?? "quoted" ... ?',
    "cp1252": "Grüße – ?? “quoted” … ?",
    "latin-1": 'Grüße - ?? "quoted" ... ?',
    "utf-8": TEXT,
}


@given(st.text(st.characters(codec=None)), st.sampled_from(ENCODINGS))
def test_what_is_encodable_can_be_encoded_and_keeps_what_could(text: str, encoding: str) -> None:
    written = encodable(text, encoding)
    assert encodable(written, encoding) == written
    written.encode(encoding)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return
    assert written == text


def test_an_encoding_that_nobody_knows_is_taken_for_ascii() -> None:
    assert encodable("é", "nonsense") == "?"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_answer_is_written_whole(encoding: str) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    play(Chat(provider=parrot([TEXT, "\n", "end"])).reply("hi"), TerminalRenderer(out))
    out.seek(0)
    first, second, footer = out.read().splitlines()
    assert second == "end"
    assert footer.startswith("parrot:grey ")
    assert first == AS_WRITTEN.get(encoding, first)


def test_a_stream_that_replaces_by_itself_does_so() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    play(Chat(provider=parrot(["é"])).reply("hi"), TerminalRenderer(out))
    out.seek(0)
    assert out.read().startswith("\\xe9\n")


def ipython(folder: Path, server: Any, encoding: str, *cells: str) -> subprocess.CompletedProcess[bytes]:
    """Runs cells in IPython, as in a terminal of an encoding."""
    code = "\n".join(
        f"get_ipython().run_cell({cell!r}).raise_error()" for cell in ("%load_ext notebook_chat", *cells)
    )
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "PYTHONPATH")}
    env |= {"HOME": str(folder), "IPYTHONDIR": str(folder), "NOTEBOOK_CHAT_HOME": str(folder / "history")}
    env |= {
        "OPENAI_BASE_URL": server.base_url,
        "NOTEBOOK_CHAT_MODEL": "openai:m",
        "PYTHONIOENCODING": encoding,
    }
    return subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code],
        env=env,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_ipython_in_a_terminal_of_another_encoding(
    tmp_path: Path, vendor_server: ServerFactory, encoding: str
) -> None:
    server = vendor_server("openai_chat", Answer(TEXT))
    done = ipython(tmp_path, server, encoding, "%%chat -c grün -o answer\nhi", "%chat history grün", "answer")
    told = done.stdout.decode(encoding)
    assert done.returncode == 0, done.stderr
    assert told.startswith(AS_WRITTEN[encoding])
    assert b"UnicodeEncodeError" not in done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_failure_there_is_told_and_fails(
    tmp_path: Path, vendor_server: ServerFactory, encoding: str
) -> None:
    server = vendor_server("openai_chat", Answer("你好", Reset()))
    done = ipython(tmp_path, server, encoding, "%%chat\nhi")
    assert done.returncode != 0
    assert b"??" in done.stdout
    assert b"StreamInterruptedError" in done.stdout + done.stderr
    done = ipython(tmp_path, server, encoding, "%%chat 你好:模型\nhi")
    assert done.returncode != 0
    assert b"UnknownProviderError: no provider is called" in done.stdout + done.stderr
    assert b"UnicodeEncodeError" not in done.stdout + done.stderr
