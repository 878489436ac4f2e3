"""Without a file or a thread left: every way in says so in words, and all goes on when there is enough again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..servers import Answer, serve

pytestmark = pytest.mark.process

PATIENCE = 120


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of resources")
@pytest.mark.parametrize("kind", ["files", "threads"])
@pytest.mark.parametrize("state", ["cold", "warm"])
def test_nothing_raw_is_shown_and_all_goes_on(kind: str, state: str, tmp_path: Path) -> None:
    with serve("openai_chat", Answer("Hello")) as server:
        done = subprocess.run(
            [sys.executable, "-m", "tests.hostile.scarce", kind, server.base_url, state],
            env={
                **os.environ,
                "OPENAI_API_KEY": "k",
                "OPENAI_BASE_URL": server.base_url,
                "IPYTHONDIR": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    said = done.stdout + done.stderr
    assert "RAW:" not in said
    assert said.count("Traceback") == 1, said  # IPython's own, of the program's making
    assert "Exception ignored" not in said
    assert "after gave 'Hello'" in said, said
    assert "\nTrue" in said, said
    if kind == "files" or state == "cold":
        assert "too many are open" in said or "no further thread" in said, said
