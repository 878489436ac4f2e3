"""Answers inside an Output widget and in a widget's callback, where front ends apply no updates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from ..servers import Answer, Pause
from .isolation import isolated_environment
from .kernelspecs import INSTALLED, OLDER_VERSIONS
from .test_magics import Begin, answer_of, begin
from .test_tools import KEY, notebook

__all__ = ["begin"]  # a fixture

SLOW = Answer("one ", Pause(0.4), "two ", Pause(0.2), "three")
ASK = "get_ipython().run_cell_magic('chat', '', 'hello')"
WIDGETS = "import ipywidgets as widgets\nout = widgets.Output()\n"


def shown(messages: Any) -> list[tuple[str, str]]:
    """The displays of answers among messages: how they were sent, and their text."""
    return [
        (message.type, message.content["data"]["text/plain"])
        for message in messages
        if message.type.endswith("display_data")
        and "notebook_chat" in message.metadata | message.content["metadata"]
    ]


WHOLE = [("display_data", "one two three")]
CAPTURED = {
    "with": f"with out:\n    {ASK}",
    "inside another": f"with widgets.Output():\n    with out:\n        {ASK}",
    "capture": f"@out.capture()\ndef ask():\n    {ASK}\nask()",
    "interact_manual": f"made = widgets.interactive(lambda: {ASK}, {{'manual': True}})\nmade.update()",
    "interact": f"widgets.interact(lambda x: {ASK}, x=widgets.fixed(1))",
    "a chat": "with out:\n    get_ipython().run_cell('%%chat\\nhello')",
}


@pytest.mark.parametrize("version", [INSTALLED, *OLDER_VERSIONS])
def test_only_the_end_is_shown_in_an_output_widget(begin: Begin, version: str) -> None:
    kernel, _ = begin(SLOW, version=version)
    kernel.run(WIDGETS)
    for way, code in CAPTURED.items():
        run = kernel.run(code, cell_id=way)
        assert run.status == "ok", way
        assert shown(run.messages) == WHOLE, way
    after = kernel.run("%%chat\nhello", cell_id="after")  # in a cell itself, the text comes as ever
    assert [kind for kind, _ in shown(after.messages)][1:2] == ["update_display_data"]
    assert answer_of(after) == "one two three"


def click(kernel: Any, button: str) -> list[tuple[str, str]]:
    """Clicks a button as a front end does, and gives what its callback shows."""
    model = kernel.run(f"print({button}.model_id)").text.strip()
    before = len(kernel.messages)
    kernel.send("comm_msg", {"comm_id": model, "data": {"method": "custom", "content": {"event": "click"}}})
    kernel.run("'after'", timeout=60)
    return shown(kernel.messages[before:])


@pytest.mark.parametrize("version", [INSTALLED, *OLDER_VERSIONS])
def test_only_the_end_is_shown_in_a_buttons_callback(begin: Begin, version: str) -> None:
    kernel, _ = begin(SLOW, version=version)
    kernel.run(
        f"{WIDGETS}captured, bare = widgets.Button(), widgets.Button()\n"
        f"@out.capture()\ndef ask(_):\n    {ASK}\ncaptured.on_click(ask)\nbare.on_click(lambda _: {ASK})"
    )
    assert click(kernel, "captured") == WHOLE
    assert click(kernel, "bare") == WHOLE


def test_what_an_output_widget_keeps_is_the_whole_answer(tmp_path: Path, vendor_server: Any) -> None:
    server = vendor_server("openai_chat", SLOW, key=KEY)
    notebook(tmp_path / "in.ipynb", f"{WIDGETS}display(out)", f"with out:\n    {ASK}")
    env = {**isolated_environment(tmp_path), "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}
    # nbclient misses the end of some cells with an Output widget, whatever they do, and waits for as long as it may.
    patience = "--timeout=15"
    subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", "in.ipynb", "--output", "out.ipynb", patience],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=True,
    )
    node: Any = nbformat.read(tmp_path / "out.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert node.cells[2].outputs == []
    states = node.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    [kept] = [state["state"]["outputs"] for state in states if state["model_name"] == "OutputModel"]
    [output] = kept
    assert output["data"]["text/plain"] == "one two three"
