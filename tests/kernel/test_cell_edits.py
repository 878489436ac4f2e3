"""The tools that change cells in a real kernel whose front end has no widgets, or plays the script's part."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ..tools.kernel_script import SCRIPTED
from .conftest import StartKernel
from .execution import Execution
from .harness import Kernel


@pytest.fixture
def kernel(start_kernel: StartKernel) -> Kernel:
    kernel = start_kernel()
    assert kernel.run(f"%load_ext notebook_chat\n{SCRIPTED}").status == "ok"
    return kernel


def editors(kernel: Kernel) -> list[Any]:
    """What the front end was told of editors."""
    states = [m.content["data"]["state"] for m in kernel.messages if m.type == "comm_open"]
    return [state for state in states if "_known" in state]


def handed_on(execution: Execution) -> list[str]:
    return [one["text"] for one in execution.reply["payload"]]


ADD = (
    "for one in ask([('add_cell', {'source': 'a = 1'}), ('add_cell', {'source': 'b = 2'})]): print(told(one))"
)


def test_without_names_of_cells_new_ones_are_handed_on_together(kernel: Kernel) -> None:
    ran = kernel.run(ADD)
    assert handed_on(ran) == ["a = 1\n\nb = 2"]
    assert ran.text.count("handed on as the next cell") == 2


def test_without_names_of_cells_a_change_is_shown_to_be_copied(kernel: Kernel) -> None:
    kernel.run("x = 1")
    ran = kernel.run(
        "for one in ask([('change_cell', {'cell': 'In[2]', 'source': 'x = 2'})]): print(told(one))"
    )
    assert handed_on(ran) == []
    shown = next(one.data for one in ran.outputs if one.output_type == "display_data")
    assert "to be copied" in shown["text/plain"]
    assert "- x = 1\n+ x = 2" in shown["text/plain"]
    assert "Not done: this front end lets no kernel change its cells" in ran.text


def test_vs_codes_cells_are_not_looked_for(kernel: Kernel) -> None:
    ran = kernel.run(ADD, cell_id="vscode-notebook-cell:/x.ipynb#W1sZmlsZQ==")
    assert handed_on(ran)[0].endswith("a = 1\n\nb = 2")
    assert "comm_open" not in [message.type for message in kernel.messages]


def play(kernel: Kernel, execution: Execution, contents: list[Any]) -> list[Any]:
    """Answers the editor as a front end would, with these contents for what it asks, one after the other; what it
    was asked."""
    asked: list[Any] = []
    state: dict[str, Any] = {}
    seen, deadline = 0, time.monotonic() + 30
    while not execution.done and time.monotonic() < deadline:
        kernel.pump(0.01)
        for message in kernel.messages[seen:]:
            seen += 1
            data = message.content.get("data", {})
            if message.type == "comm_open" and "_known" in data.get("state", {}):
                state = data["state"]
                asked.append(state["_asking"])
            elif message.type == "comm_msg" and data.get("method") == "custom":
                asked.append(data["content"])
            else:
                continue
            for content in contents.pop(0) if contents else []:
                body = {"panel": state["_address"], "content": content}
                kernel.send("notebook_chat_panel", body, control=True)
    execution.wait()
    return asked


ASKS = {"id": "a", "kind": "code", "source": "ask", "waits": True}


def test_what_a_browser_sends_may_be_anything(kernel: Kernel) -> None:
    hostile = [
        None,
        [],
        "x",
        {"view": 1},
        {"view": "v", "cells": "x"},
        {"view": "v", "cells": [{"id": 1, "kind": "code"}]},
        {"order": 1, "cell": "wrong"},
    ]
    cells = {"view": "v", "cells": [ASKS, {"id": "c", "kind": "code", "source": "x = 1"}]}
    asking = kernel.submit(
        "for one in ask([('change_cell', {'cell': 'c~' + __import__('hashlib').sha256(b'x = 1').hexdigest()[:6],"
        " 'source': 'x = 2'})]): print(told(one))",
        cell_id="a",
    )
    asked = play(kernel, asking, [[*hostile, cells], [{"order": 7, "cell": "x"}, {"order": 1, "cell": "c"}]])
    assert asked[0] == "a"
    assert asked[1] == {
        "view": "v",
        "order": 1,
        "change": {"cell": "c", "before": "x = 1", "source": "x = 2", "pieces": [[0, 5, "x = 2"]]},
    }
    assert "Done: cell c is now c~" in asking.text
    opened = [m.content["comm_id"] for m in kernel.messages if m.type == "comm_open"]
    closed = [m.content["comm_id"] for m in kernel.messages if m.type == "comm_close"]
    assert sorted(opened) == sorted(closed)  # nothing of it is saved with the notebook


def test_an_answer_that_is_stopped_changes_nothing_afterwards(kernel: Kernel) -> None:
    asking = kernel.submit("ask([('add_cell', {'source': 'a = 1'})])", cell_id="a")
    deadline = time.monotonic() + 30
    while not editors(kernel) and time.monotonic() < deadline:
        kernel.pump(0.01)
    kernel.interrupt()
    asking.wait()
    assert asking.status == "error"
    assert not asking.reply.get("payload")
    [state] = editors(kernel)
    body = {"panel": state["_address"], "content": {"view": "v", "cells": [ASKS]}}
    kernel.send("notebook_chat_panel", body, control=True)
    assert kernel.run("print(1)", cell_id="b").text == "1\n"
    assert not [m for m in kernel.messages if m.type == "comm_msg"]


def test_a_front_end_that_says_nothing_is_asked_twice_and_then_no_more(kernel: Kernel) -> None:
    for number in range(3):
        ran = kernel.run("for one in ask([('add_cell', {'source': 'a = 1'})]): print(told(one))", cell_id="a")
        assert "The code is in the new cell below." in ran.text, number
    assert len(editors(kernel)) == 2
