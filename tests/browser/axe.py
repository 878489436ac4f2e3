"""axe-core, which finds what a page lacks for assistive technology."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator

VERSION = "4.10.3"

_RUN = """
async (element) => {
  const found = await axe.run(element, { resultTypes: ["violations", "incomplete"] });
  const brief = (results) => results.map(({ id, impact, help, nodes }) => ({
    id, impact, help, nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)}: ${failureSummary}`),
  }));
  return { violations: brief(found.violations), passes: found.passes.length };
}
"""


def script(kept: Path) -> str:
    """axe-core's script from npm, kept between runs; without npm, skips the test, or fails it where a
    browser is required."""
    path = kept / f"axe-{VERSION}.js"
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            reason = "axe-core comes by npm, and there is none on PATH"
            if os.environ.get("NOTEBOOK_CHAT_REQUIRE_BROWSER") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(_packed(npm))
        draft.replace(path)  # at once: another worker may be about to read it
    return path.read_text("utf-8")


def _packed(npm: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"axe-core@{VERSION}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-500:]
        [archive] = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as files:
            member = files.extractfile("package/axe.min.js")
            assert member is not None
            return member.read()


def findings(element: Locator, source: str) -> list[dict[str, Any]]:
    """What axe-core finds wrong in an element, of any impact; it says that it has looked at all."""
    element.page.evaluate(source)
    found: dict[str, Any] = element.evaluate(_RUN)
    assert found["passes"] > 10, "axe-core has looked at hardly anything"
    violations: list[dict[str, Any]] = found["violations"]
    return violations
