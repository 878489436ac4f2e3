"""A call of a tool in a real kernel: it is seen before its result, and what a stopped one came to."""

from __future__ import annotations

import json
import re

from ..tools.in_kernels import SET_UP
from .conftest import StartKernel
from .execution import Execution

WAITS = json.dumps({"why": "", "proposal": "", "waits": True})
ASK = "play(chat.reply('go'), DisplayRenderer())"


def html_of(execution: Execution) -> str:
    displays = list(execution.displays.values())
    return str(displays[0].data.get("text/html", "")) if displays else ""


def test_a_call_that_runs_is_seen_before_its_result(start_kernel: StartKernel) -> None:
    kernel = start_kernel()
    kernel.run(f"import pathlib; pathlib.Path('more.json').write_text({WAITS!r})")
    assert kernel.run(SET_UP).errors == ()
    run = kernel.submit(ASK)
    run.wait_for(lambda e: "adding up" in html_of(e))
    running = html_of(run)
    assert "Let me see." in running
    assert "<code><bdi>add(a=2, b=3)</bdi></code> …</summary>" in running
    assert '<progress value="0.500"' in running
    assert kernel.interrupt()
    assert run.wait().status == "error"
    assert "<code><bdi>add(a=2, b=3)</bdi></code> · stopped</summary>" in html_of(run)
    assert kernel.run("pathlib.Path('given').touch()").status == "ok"
    ended = kernel.run(ASK)
    html = html_of(ended)
    assert re.search(r"add\(a=2, b=3\)</bdi></code> · (\d+ ms|\d+\.\d s)</summary>", html)
    assert html.index("Let me see.") < html.index("<details") < html.index("<strong>gave</strong>")
    assert "1 tool call" in html
    assert "…" not in html
