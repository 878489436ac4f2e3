"""An answer's code in a real kernel: what its replies hand on, and what it agrees on with a front end meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from ..servers import Answer, Stall, echo
from .execution import Execution
from .harness import Kernel
from .test_magics import Begin, answer_of, begin

__all__ = ["begin"]

ASK = "%%chat -f code\nhello"


def counting() -> Any:
    """An answer that has other code each time."""
    numbers = iter(range(1, 100))
    return echo(lambda turns: f"Like this:\n\n```python\nx = {next(numbers)}\n```\n")


def handed_on(execution: Execution) -> list[str]:
    """What the reply of an execution asks the front end to put below."""
    payload = execution.reply["payload"]
    assert all(one["source"] == "set_next_input" and one["replace"] is False for one in payload)
    return [one["text"] for one in payload]


class FrontEnd:
    """Plays the part of the front end's script: it has cells, and answers by the control channel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.cells: dict[str, str] = {}

    def run(self, code: str, cell: str) -> Execution:
        """Runs a cell, answers what is asked meanwhile, and puts a cell below as JupyterLab does."""
        seen = len(self.kernel.messages)
        execution = self.kernel.submit(code, cell_id=cell)
        state: Mapping[str, Any] = {}
        deadline = time.monotonic() + 30
        while not execution.done and time.monotonic() < deadline:
            self.kernel.pump(0.01)
            for message in self.kernel.messages[seen:]:
                seen += 1
                data = message.content.get("data", {})
                if message.type == "comm_open" and "_mark" in data.get("state", {}):
                    state = data["state"]
                    assert state["_asking"] == cell
                    found = [
                        {"id": id, "source": source, "waits": False}
                        for id, source in self.cells.items()
                        if state["_mark"] in source
                    ]
                    self._tell(state, {"found": found})
                elif message.type == "comm_msg" and data.get("method") == "custom":
                    wanted = data["content"]
                    same = self.cells[wanted["cell"]] == wanted["before"]
                    if same:
                        self.cells[wanted["cell"]] = wanted["source"]
                    self._tell(state, {"replaced": same})
        execution.wait()
        for text in handed_on(execution):
            self.cells[f"inserted-{len(self.cells)}"] = text
        return execution

    def _tell(self, state: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        self.kernel.send(
            "notebook_chat_panel", {"panel": state["_address"], "content": content}, control=True
        )


def test_the_code_is_handed_on_and_not_run(begin: Begin) -> None:
    kernel, server = begin(Answer("Like this:\n\n```python\nx = 1\n```\n\n```bash\nls\n```\n"))
    run = kernel.run(ASK, cell_id="a")
    assert run.status == "ok"
    [text] = handed_on(run)
    assert text.startswith("# From the answer above (")
    assert text.endswith(")\nx = 1")
    assert answer_of(run).startswith("Like this:")
    assert run.text.endswith("The code is in the new cell below. Left out: bash.\n")
    assert server.requests[0].turns[0].text.startswith("hello\n\nAnswer with one block of code")
    assert kernel.run("print('x' in globals())").text == "False\n"
    assert "comm_open" not in [message.type for message in kernel.messages]


def test_what_was_typed_is_what_the_history_shows(begin: Begin) -> None:
    kernel, server = begin(counting())
    kernel.run(ASK, cell_id="a")
    assert "Answer with" not in kernel.run("%chat history").text
    kernel.run("%%chat\nand now?", cell_id="b")
    assert "Answer with" in server.requests[1].turns[0].text  # it was sent
    assert "Answer with" not in server.requests[1].turns[-1].text
    kernel.run("%%chat -f code --raw\nas it is", cell_id="c")
    assert server.requests[2].turns[-1].text == "as it is"


def test_a_run_again_has_the_front_end_replace_the_cell(begin: Begin) -> None:
    kernel, _ = begin(counting())
    screen = FrontEnd(kernel)
    for number in (1, 2, 3):
        run = screen.run(ASK, "a")
        [cell] = screen.cells.values()
        assert cell.endswith(f"\nx = {number}"), run.text
    screen.cells["inserted-0"] += "\nmine()"
    run = screen.run(ASK, "a")
    assert "has been edited, and stays as it is" in run.text
    mine, new = screen.cells.values()
    assert mine.endswith("x = 3\nmine()")
    assert new.endswith("x = 4")
    screen.run(ASK, "a")
    assert [cell.split("\n", 1)[1] for cell in screen.cells.values()] == ["x = 3\nmine()", "x = 5"]
    opened = [m.content["comm_id"] for m in kernel.messages if m.type == "comm_open"]
    closed = [m.content["comm_id"] for m in kernel.messages if m.type == "comm_close"]
    assert sorted(opened) == sorted(closed)  # nothing of it is saved with the notebook


def test_a_front_end_without_an_answer_costs_a_moment_and_no_code(begin: Begin) -> None:
    kernel, _ = begin(counting())
    first = kernel.run(ASK, cell_id="a")
    again = kernel.run(ASK, cell_id="a")
    assert [handed_on(run)[0].rpartition("\n")[2] for run in (first, again)] == ["x = 1", "x = 2"]
    assert "could not be looked for here" in again.text


def test_what_a_browser_sends_may_be_anything(begin: Begin) -> None:
    kernel, _ = begin(counting())
    kernel.run(ASK, cell_id="a")
    run = kernel.submit(ASK, cell_id="a")
    opened: list[Any] = []
    deadline = time.monotonic() + 30
    while not opened and time.monotonic() < deadline:
        kernel.pump(0.01)
        opened = [
            m for m in kernel.messages if m.type == "comm_open" and "_mark" in m.content["data"]["state"]
        ]
    address = opened[0].content["data"]["state"]["_address"]
    for content in (
        None,
        [],
        "x",
        {"found": "x"},
        {"found": [{"id": 1}]},
        {"replaced": True},
        {"found": [None]},
    ):
        kernel.send("notebook_chat_panel", {"panel": address, "content": content}, control=True)
    run.wait()
    assert handed_on(run)[0].endswith("x = 2")


def test_where_cells_have_no_names_nobody_is_asked(begin: Begin) -> None:
    kernel, _ = begin(counting())
    for number in (1, 2):
        run = kernel.run(ASK)
        assert handed_on(run) == [f"x = {number}"]
        assert "handed on as the next cell" in run.text


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Answer("No code."), "The answer has no code."),
        (Answer("```rust\nfn main() {}\n```"), "The answer's code is rust, which has no cell here"),
        (Answer("```python\nx = (1,", finish="length"), "The answer breaks off within its code"),
    ],
)
def test_what_is_no_code_for_a_cell_is_said_and_nothing_inserted(begin: Begin, reply: Any, told: str) -> None:
    kernel, _ = begin(reply)
    run = kernel.run(ASK, cell_id="a")
    assert run.status == "ok"
    assert told in run.text
    assert handed_on(run) == []


def test_of_a_stopped_answer_nothing_is_inserted_until_it_is_asked_for(begin: Begin) -> None:
    kernel, _ = begin(Answer("```python\nx = 1\n", Stall()))
    run = kernel.submit(ASK, cell_id="a")
    run.wait_for(lambda e: any("x = " in str(d.data) for d in e.displays.values()))
    kernel.interrupt()
    run.wait()
    assert handed_on(run) == []
    code = kernel.run("%chat code", cell_id="b")
    assert handed_on(code)[0].endswith(")\nx = 1")
    assert code.text == "The code is in the new cell below. It breaks off.\n"


def test_an_older_answer_is_put_into_a_cell_by_its_number(begin: Begin) -> None:
    kernel, _ = begin(counting())
    for cell in "abc":
        kernel.run("%%chat\nhello", cell_id=cell)
    assert handed_on(kernel.run("%chat code", cell_id="d"))[0].endswith("x = 3")
    assert handed_on(kernel.run("%chat code 2", cell_id="e"))[0].endswith("x = 2")
    assert handed_on(kernel.run("%chat code default", cell_id="f"))[0].endswith("x = 3")
    assert "there is no turn 9" in str(kernel.run("%chat code 9", cell_id="g").outputs)


def test_the_formats_show_what_they_say(begin: Begin) -> None:
    kernel, _ = begin(Answer("**bold** <script>raw</script>"))
    text = kernel.run("%%chat -f text\nhello", cell_id="a").outputs[0]
    assert "**bold** &lt;script&gt;raw&lt;/script&gt;" in text.data["text/html"]
    assert "<strong>" not in text.data["text/html"]
    markdown = kernel.run("%%chat -f markdown\nhello", cell_id="b").outputs[0]
    assert markdown.data["text/markdown"].startswith("**bold**")
    assert "<script>" not in markdown.data["text/markdown"]
    html = kernel.run("%%chat -f html\nhello", cell_id="c").outputs[0]
    assert "<strong>bold</strong>" in html.data["text/html"]
    silent = kernel.run("%%chat -f silent -o answer\nhello", cell_id="d").outputs[0]
    assert "bold" not in str(silent.data)
    assert "openai:test" in silent.data["text/html"]
    assert "bold" in str(silent.metadata)  # the notebook has the turn all the same
    assert kernel.run("print(answer)").text == "**bold** <script>raw</script>\n"


def test_an_answer_knows_its_code(begin: Begin) -> None:
    kernel, _ = begin(counting())
    kernel.run("%%chat -o answer\nhello", cell_id="a")
    assert kernel.run("print(answer.code)").text == "x = 1\n"
