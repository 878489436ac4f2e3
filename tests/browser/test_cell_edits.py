"""Edits that a model proposes, in a real JupyterLab and Notebook 7, while somebody works on the same notebook."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import expect

from notebook_chat.tools.editing.cell_names import name_of

from ..tools.kernel_script import SCRIPTED
from .lab import FrontEnd, Lab, every_front_end
from .notebook_page import NotebookPage
from .panel_page import PanelPage
from .somebody import Cell, Somebody

FIRST = f"%load_ext notebook_chat\n{SCRIPTED}"

DIRECTED = '''\
import asyncio, pathlib


async def heard(name):
    """What the test has written into a file, as soon as it has."""
    path = pathlib.Path(name)
    while not path.exists():
        await asyncio.sleep(0.002)
    return json.loads(path.read_text())


def say(name, value):
    path = pathlib.Path(name + ".new")
    path.write_text(json.dumps(value))
    path.rename(name)


class Asks:
    number = 0

    async def decide(self, call, tell):
        self.number += 1
        say(f"proposed-{self.number}.json", call.tool.proposal(call.arguments))
        return Verdict(await heard(f"yes-{self.number}.json"))


class Directed(AsyncGeneratorProvider):
    name = "directed"
    default_model = "d"
    options = frozenset({"tools", "tool_choice"})
    number = 0

    @classmethod
    async def stream(cls, model, messages, **options):
        results = [part for one in messages for part in one.parts if isinstance(part, ToolResultPart)]
        if results:
            say(f"result-{len(results)}.json", [results[-1].is_error, told(results[-1])])
        cls.number += 1
        call = await heard(f"call-{cls.number}.json")
        if call is None:
            yield TextDelta("Done.")
            return
        yield ToolCall(0, f"c{cls.number}", *call)
        yield Finish("tool_calls")


chat = Chat(provider=Directed, tools=["edit"], permit=Asks(), rounds=1000)
print(chat.ask("go"))
'''


class Director:
    """Tells the model in a kernel what to call, and the kernel that somebody says yes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._calls = 0

    def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Has a tool called; what is proposed to the user."""
        self._calls += 1
        self._say(f"call-{self._calls}.json", [name, json.dumps(arguments)])
        return str(self._hear(f"proposed-{self._calls}.json"))

    def yes(self) -> None:
        """Has the user say yes."""
        self._say(f"yes-{self._calls}.json", True)

    def result(self) -> tuple[bool, str]:
        """Whether the call failed, and what the model is told."""
        failed, text = self._hear(f"result-{self._calls}.json")
        return failed, text

    def end(self) -> None:
        """Has the model say no more."""
        self._say(f"call-{self._calls + 1}.json", None)

    def _say(self, name: str, value: Any) -> None:
        path = self._folder / f"{name}.new"
        path.write_text(json.dumps(value))
        path.rename(self._folder / name)

    def _hear(self, name: str) -> Any:
        path, deadline = self._folder / name, time.monotonic() + 30
        while not path.exists():
            assert time.monotonic() < deadline, f"the kernel never said {name}"
            time.sleep(0.002)
        return json.loads(path.read_text())


def begin(lab: Lab, *cells: str, **options: Any) -> NotebookPage:
    notebook = lab.open([FIRST, *cells], **options)
    notebook.run(0)
    return notebook


def directed(lab: Lab, *cells: str, seed: int = 0) -> tuple[NotebookPage, Director, Somebody]:
    """A notebook whose second cell asks a model that does what the test says."""
    notebook = begin(lab, DIRECTED, *cells)
    folder = notebook.path.parent
    for old in folder.glob("*.json"):
        old.unlink()
    notebook.run(1, wait=False)
    spared = [cell.id for cell in notebook.cells[:2]]
    return notebook, Director(folder), Somebody(notebook, Random(seed), spared)


def sources(notebook: NotebookPage) -> list[str]:
    return [str(cell.source) for cell in notebook.save().cells[1:]]


@every_front_end
def test_cells_are_read_added_and_changed_by_their_names(lab: Lab) -> None:
    asking = (
        "def script(results):\n"
        "    global last; last = results\n"
        "    if len(results) == 0: return [('cells_to_edit', {})]\n"
        "    if len(results) > 1: return []\n"
        "    return [('change_cell', {'cell': 'In[2]', 'source': 'x = 2'}),\n"
        "            ('add_cell', {'source': 'first = 1'}), ('add_cell', {'source': 'second = 2'}),\n"
        "            ('add_cell', {'source': '# Title', 'kind': 'markdown', 'where': 'above', 'cell': 'In[2]'}),\n"
        "            ('add_cell', {'source': 'last = 1', 'where': 'end'})]\n"
        "yes = Yes()\n"
        "Chat(provider=model(script), tools=['edit'], permit=yes).ask('go')\n"
        "print(*map(told, last), *yes.proposals, sep='\\n')"
    )
    notebook = begin(lab, "x = 1", asking, "y = 1")
    notebook.run(1)
    notebook.run(2)
    assert sources(notebook) == ["# Title", "x = 2", asking, "first = 1", "second = 2", "y = 1", "last = 1"]
    output = notebook.output(3)
    expect(output).to_contain_text("(code, In[2])\nx = 1")
    expect(output).to_contain_text("In[2], changed:\n\n- x = 1\n+ x = 2")
    expect(output).to_contain_text("A new code cell below the cell that asks:\n\nfirst = 1")
    notebook.screenshot("cells-edited")


def check(before: list[Cell], seen: Cell, new: str, failed: bool, after: list[Cell]) -> bool:
    """Sees to it that a change is in its cell and in no other, or nowhere; whether it is in place."""
    there = next((cell for cell in before if cell.id == seen.id), None)
    if there is None or there.source != seen.source:
        assert failed
        assert after == before
        return False
    assert not failed
    assert after == [cell._replace(source=new) if cell.id == seen.id else cell for cell in before]
    return True


def change_while_somebody_works(director: Director, somebody: Somebody, random: Random, number: int) -> bool:
    places = somebody.places
    seen = somebody.cells[random.choice(places)]
    for _ in range(random.randrange(2)):
        somebody.work(seen.id)
    new = (
        f"{seen.source}\n# edit {number}"
        if random.random() < 0.5
        else f"# edit {number}\n{seen.source[::-1]}"
    )
    new = new.strip("\n")
    director.call("change_cell", {"cell": name_of(seen.id, seen.source), "source": new})
    for _ in range(random.randrange(3)):
        somebody.work(seen.id)
    before = somebody.cells
    director.yes()
    failed, _ = director.result()
    return check(before, seen, new, failed, somebody.cells)


def add_while_somebody_works(director: Director, somebody: Somebody, random: Random, number: int) -> bool:
    beside = somebody.cells[random.choice(somebody.places)]
    side = random.choice(("below", "above", "end"))
    name = name_of(beside.id, beside.source)
    director.call("add_cell", {"source": f"new = {number}", "where": side, "cell": name})
    for _ in range(random.randrange(3)):
        somebody.work(beside.id)
    before = somebody.cells
    director.yes()
    failed, _ = director.result()
    after = somebody.cells
    ids = [cell.id for cell in before]
    if beside.id not in ids:
        assert failed
        assert after == before
        return False
    place = len(before) if side == "end" else ids.index(beside.id) + (side == "below")
    assert not failed
    assert [cell.source for cell in after] == [
        *(cell.source for cell in before[:place]),
        f"new = {number}",
        *(cell.source for cell in before[place:]),
    ]
    return True


def change_while_somebody_types(director: Director, somebody: Somebody, random: Random, number: int) -> bool:
    """What is typed at the very moment of the change is there afterwards, and the change is whole or not at all."""
    seen = somebody.cells[random.choice(somebody.places)]
    new = f"{seen.source}\n# edit {number}".strip("\n")
    director.call("change_cell", {"cell": name_of(seen.id, seen.source), "source": new})
    before = somebody.cells
    if random.random() < 0.5:
        somebody.hurry()
        director.yes()
    else:
        director.yes()
        somebody.hurry()
    failed, _ = director.result()
    typed = somebody.rest()
    after = {cell.id: cell.source for cell in somebody.cells}
    for cell in before:
        begun = new if cell.id == seen.id and not failed else cell.source
        assert after[cell.id] == begun + "".join(text for id, text in typed if id == cell.id)
    return not failed


CELLS = [f"# cell {number}\na = {number}\nb = a + {number}\nprint(a, b)" for number in range(8)]


@pytest.mark.parametrize(
    ("lab", "edits"), [(FrontEnd.JUPYTERLAB, 100), (FrontEnd.NOTEBOOK, 10)], indirect=["lab"]
)
def test_no_edit_is_in_the_wrong_cell_and_none_is_over_what_somebody_did(lab: Lab, edits: int) -> None:
    notebook, director, somebody = directed(lab, *CELLS, seed=edits)
    random = Random(edits + 1)
    ways = (change_while_somebody_works,) * 6 + (add_while_somebody_works, change_while_somebody_types)
    placed = 0
    for number in range(edits):
        try:
            placed += random.choice(ways)(director, somebody, random, number)
        except AssertionError as error:
            error.add_note(f"edit {number}, after {somebody.done[-5:]}")
            raise
    director.end()
    notebook.wait_idle()
    expect(notebook.output(1)).to_contain_text("Done.")
    assert edits // 4 < placed < edits * 0.9  # some had to be refused, and many had not


ORDER = """\
([index, key]) => {
  const panel = window.__instruments.panel();
  const editor = panel.content.widgets[index].editor;
  return key === undefined ? editor.getCursorPosition() : editor.setCursorPosition(key);
}
"""
SCROLLED = "() => document.querySelector('.jp-WindowedPanel-outer').scrollTop"


@every_front_end
def test_the_users_cursor_stays_and_undo_takes_a_change_back(lab: Lab) -> None:
    text = "first = 1\nsecond = 2\nthird = 3"
    notebook, director, somebody = directed(lab, text, *["pass"] * 60)
    page = notebook.page
    page.evaluate("() => window.__instruments.activate(2)")
    notebook.execute("notebook:enter-edit-mode")
    page.evaluate(ORDER, [2, {"line": 1, "column": 6}])
    page.keyboard.type("!")  # what is typed just before is a step of its own
    typed = text.replace("second", "second!")
    assert somebody.cells[2].source == typed
    scrolled = page.evaluate(SCROLLED)

    new = typed.replace("first = 1", "first = 100\nmore = 1").replace("third = 3", "third = 33")
    director.call("change_cell", {"cell": name_of(somebody.cells[2].id, typed), "source": new})
    director.yes()
    assert director.result() == (
        False,
        f"Done: cell {somebody.cells[2].id} is now {name_of(somebody.cells[2].id, new)}. "
        "It has not been run since.",
    )
    assert somebody.cells[2].source == new
    page.keyboard.type("?")
    assert somebody.cells[2].source == new.replace("second!", "second!?")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert somebody.cells[2].source == typed
    page.keyboard.press("Control+z")
    assert somebody.cells[2].source == text
    name = name_of(somebody.cells[2].id, text)
    for side in ("above", "below"):
        director.call("add_cell", {"source": f"{side} = 1", "where": side, "cell": name})
        director.yes()
        assert not director.result()[0]
    assert [cell.source for cell in somebody.cells[2:5]] == ["above = 1", text, "below = 1"]
    page.keyboard.type("¿")
    assert "¿" in somebody.cells[3].source
    assert abs(page.evaluate(SCROLLED) - scrolled) < 120
    director.end()
    notebook.wait_idle()


@every_front_end
def test_what_may_not_be_changed_stays(lab: Lab) -> None:
    notebook, director, somebody = directed(lab, "locked = 1", "never_run = 1", "x = 1")
    notebook.save()
    _, asks, locked, never, saved = somebody.cells
    notebook.page.evaluate("() => window.__somebody.lock(2, true)")

    def change(cell: Cell, source: str, name: str = "") -> tuple[bool, str]:
        director.call("change_cell", {"cell": name or name_of(cell.id, cell.source), "source": source})
        director.yes()
        return director.result()

    failed, text = change(asks, "x")
    assert failed
    assert "asks you" in text
    failed, text = change(locked, "x")
    assert failed
    assert "locked" in text
    notebook.page.evaluate("() => window.__somebody.type(3, 0, '# not saved\\n')")
    failed, text = change(never, "never_run = 2", name=never.id)
    assert failed
    assert "has been changed since you read it" in text
    assert "# not saved\nnever_run = 1" in text
    name = text.split("Its name is now ")[1].split(",")[0]
    assert not change(never, "never_run = 2", name=name)[0]
    assert not change(saved, "x = 2", name=saved.id)[0]  # it has not run, but it was saved so
    assert [cell.source for cell in somebody.cells[2:]] == ["locked = 1", "never_run = 2", "x = 2"]
    director.end()
    notebook.wait_idle()


IN_PANEL = """\
from notebook_chat import ChatPanel

def script(results):
    if len(results) == 0: return [('cells_to_edit', {})]
    if len(results) == 1:
        name = next(line for line in told(results[0]).splitlines() if line.startswith('## ') and 'In[2]' in line)
        return [('change_cell', {'cell': name.split()[1], 'source': 'x = 2'}), ('add_cell', {'source': 'here = 1'}),
                ('run_code', {'code': 'print(x)\\nfrom_panel = x'})]
    globals()['given'] = [told(one) for one in results[1:]]
    return []

ChatPanel(Chat(provider=model(script), tools=['edit', 'run'], permit=Yes()))"""


@every_front_end
def test_a_panel_edits_and_runs_while_no_cell_does(lab: Lab) -> None:
    notebook = begin(lab, "x = 1", IN_PANEL, "after = 1", "print(*given, from_panel)", viewport=(1200, 1000))
    notebook.run(1)
    notebook.run(2)
    panel = PanelPage(notebook)
    notebook.activate(3)
    panel.ask("go")
    panel.expect_turns(1)
    expect(panel.answer(1)).to_contain_text("Done.")
    assert sources(notebook) == [
        "x = 2",
        IN_PANEL,
        "here = 1",  # below the panel, in which the user is
        "after = 1",
        "print(*given, from_panel)",
    ]
    notebook.run(5)
    output = notebook.output(5)
    expect(output).to_contain_text("Done: cell")
    expect(output).to_contain_text("1\n 1")  # what the code printed, and what it has left
    expect(notebook.output(4)).to_be_hidden()
    expect(notebook.output(3)).to_be_hidden()
