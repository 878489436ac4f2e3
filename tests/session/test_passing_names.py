"""Cells whose names do not last: VS Code's, which are positions, and those of notebooks without ids."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from notebook_chat.conversation import Conversation
from notebook_chat.errors import HistoryError, InvalidOptionError
from notebook_chat.session import Resumed
from notebook_chat.store import Store

from ..store.turns import prompts, say
from .notebook import Notebook


def vs(notebook: Notebook, number: int) -> str:
    """What VS Code calls a cell: where it stood when the notebook was opened."""
    return f"vscode-notebook-cell:{notebook.path}#W{number}sZmlsZQ=="


class Code:
    """A notebook in VS Code, and its user.

    Args:
        notebook: What there is beneath.
        ids: Whether the file has ids for its cells, which those of an old format have not.
    """

    def __init__(self, notebook: Notebook, ids: bool) -> None:
        self.notebook = notebook
        self.ids = ids
        self.cells: list[str] = []
        self.names: dict[str, str] = {}
        self._count = 0

    def add(self, cell: str, at: int | None = None) -> None:
        self.cells.insert(len(self.cells) if at is None else at, cell)
        self.names[cell] = vs(self.notebook, self._count)
        self._count += 1

    def ask(self, cell: str, prompt: str) -> list[str]:
        if cell not in self.cells:
            self.add(cell)
        self.notebook.ask(self.names[cell], prompt)
        return self.notebook.sent

    def save(self) -> None:
        ids = {self.names[cell]: cell if self.ids else None for cell in self.cells}
        self.notebook.save(*ids, ids=ids)

    def reopen(self, path: Path | None = None, *, kernel: bool = True) -> None:
        """Opens the notebook anew: its cells are counted from 0 again."""
        before = self.names
        self._count = 0
        self.notebook.path = path or self.notebook.path
        cells, self.cells, self.names = self.cells, [], {}
        for cell in cells:
            self.add(cell)
        for held in (self.notebook.cells, self.notebook.sources):
            found = {self.names[cell]: held[before[cell]] for cell in cells if before[cell] in held}
            held.clear()
            held.update(found)  # type: ignore[arg-type]
        if kernel:
            self.notebook.open(path)

    @property
    def prompts(self) -> list[str]:
        self.notebook.run("look")
        return prompts(self.notebook.session.conversation())


@pytest.fixture(params=[True, False], ids=["ids", "no ids"])
def code(notebook: Notebook, request: pytest.FixtureRequest) -> Code:
    """A notebook in VS Code with three cells that have asked."""
    code = Code(notebook, request.param)
    for cell in "abc":
        code.ask(cell, f"prompt {cell}")
    return code


ABC = ["prompt a", "prompt b", "prompt c"]


@pytest.mark.parametrize("kernel", [True, False])
def test_a_cell_that_has_another_cells_name_now_does_not_replace_its_turn(code: Code, kernel: bool) -> None:
    code.add("new", at=0)
    code.notebook.sources[code.names["new"]] = "%%chat -c default\nnew"
    code.save()
    code.reopen(kernel=kernel)
    assert code.ask("new", "new") == ["new"]  # at the top of the notebook, under the name that "a" had
    assert code.prompts == ["new", *ABC]
    assert code.ask("c", "prompt c") == ["new", *ABC]


def test_an_edited_cell_replaces_its_turn_as_soon_as_it_is_saved(code: Code) -> None:
    code.save()
    code.reopen()
    code.ask("b", "edited")
    code.ask("b", "edited again")
    assert code.prompts == [*ABC, "edited again"]
    code.save()
    if code.ids:
        assert code.prompts == ["prompt a", "edited again", "prompt c"]
        assert code.ask("b", "and again") == ["prompt a", "and again"]


def test_running_all_again_doubles_nothing(code: Code, tmp_path: Path) -> None:
    code.save()
    for path in (None, tmp_path / "renamed.ipynb", tmp_path / "once more.ipynb"):
        if path is not None:
            code.notebook.path.rename(path)
        code.reopen(path)
        for count, cell in enumerate("abc", start=1):
            assert code.ask(cell, f"prompt {cell}") == ABC[:count]
        assert code.prompts == ABC
        code.save()


def test_a_restart_of_a_notebook_that_was_never_saved_doubles_nothing(code: Code) -> None:
    code.notebook.open()
    assert code.prompts == ABC
    for cell in "cab":
        code.ask(cell, f"prompt {cell}")
    assert code.prompts == ABC
    assert code.ask("a", "edited") == ["edited"]


def test_saved_elsewhere_while_the_kernel_runs(code: Code, tmp_path: Path) -> None:
    code.save()
    shutil.copy(code.notebook.path, tmp_path / "elsewhere.ipynb")
    code.reopen(tmp_path / "elsewhere.ipynb", kernel=False)
    for cell in "abc":
        code.ask(cell, f"prompt {cell}")
    assert code.prompts == ABC


def test_moved_cells_count_where_they_stand(code: Code) -> None:
    code.cells = ["c", "a", "b"]
    code.save()
    assert code.prompts == ["prompt c", "prompt a", "prompt b"]
    code.reopen()
    assert code.ask("a", "prompt a") == ["prompt c", "prompt a"]


def test_cells_that_say_the_same_are_told_apart(notebook: Notebook) -> None:
    code = Code(notebook, ids=True)
    code.ask("a", "Tell a joke.")
    for cell in "bcd":
        code.ask(cell, "Another one.")
    code.save()
    code.reopen()
    for cell in "abcd":
        code.ask(cell, "Tell a joke." if cell == "a" else "Another one.")
    assert code.prompts == ["Tell a joke.", *["Another one."] * 3]


def test_a_new_cell_that_says_what_another_one_says_is_another_one(code: Code) -> None:
    code.save()
    assert code.ask("d", "prompt a") == [*ABC, "prompt a"]
    code.save()
    assert code.ask("a", "prompt a") == ["prompt a"]
    assert code.prompts == [*ABC, "prompt a"]


def test_a_cell_that_comes_to_say_what_others_say_stays_itself(code: Code) -> None:
    code.ask("d", "prompt a")
    code.save()
    code.ask("b", "prompt a")
    assert code.prompts == ["prompt a", "prompt a", "prompt c", "prompt a"]


def test_a_page_that_is_loaded_anew_names_cells_without_ids_anew(notebook: Notebook) -> None:
    load = "%load_ext notebook_chat"
    for opening in "12":
        notebook.run(f"load-{opening}", source=load)
        for prompt in ABC:
            notebook.ask(f"{prompt}-{opening}", prompt)
        assert prompts(notebook.session.conversation()) == ABC
        notebook.save(*(f"{prompt}-{opening}" for prompt in ABC), ids={f"{p}-{opening}": None for p in ABC})


def test_what_version_0_1_kept_of_two_kernels_stays(notebook: Notebook) -> None:
    conversation, store = Conversation(), Store()
    store.keep(conversation, str(notebook.path.resolve()))
    for prompt in ("first kernel", "second kernel"):
        say(conversation, prompt, cell=prompt)
    conversation.correct([msgspec.structs.replace(turn, cell=vs(notebook, 0)) for turn in conversation.turns])
    store.flush()
    notebook.open()
    assert prompts(notebook.session.conversation()) == ["first kernel", "second kernel"]


# --- another notebook under the same path


def only(notebook: Notebook) -> Resumed:
    [resumed] = notebook.resumed
    return resumed


def test_a_new_notebook_under_an_old_path_starts_afresh_and_says_how_to_go_on(code: Code) -> None:
    code.save()
    old = code.notebook.session.conversation()
    code.notebook.cells, code.notebook.sources = {}, {}
    fresh = Code(code.notebook, code.ids)
    fresh.add("n")
    fresh.save()
    code.notebook.open()
    assert fresh.ask("n", "new") == ["new"]
    assert [one.id for one in only(code.notebook).others] == [old.id]
    assert only(code.notebook).conversations == ()
    session = code.notebook.session
    found = session.bring_back(old.id[:8])
    assert (found.name, prompts(found)) == ("default-2", ABC)
    assert session.bring_back(old.id[:8]) is found
    fresh.save()
    code.notebook.open()
    assert code.prompts == ["new"]


def test_the_same_notebook_without_its_outputs_goes_on(code: Code) -> None:
    code.notebook.cells = {cell: [] for cell in code.notebook.cells}
    code.save()
    code.reopen()
    assert code.ask("b", "prompt b") == ["prompt a", "prompt b"]
    assert only(code.notebook).others == ()


def test_an_old_conversation_that_is_brought_back_first_is_the_one_of_its_name(notebook: Notebook) -> None:
    notebook.ask("a", "a")
    old = notebook.session.conversation()
    notebook.cells = {"z": []}
    notebook.save()
    session = notebook.open()
    assert session.bring_back(old.id[:6]).name == "default"
    assert notebook.ask("z", "z") == ["a", "z"]
    notebook.save()
    notebook.open()
    assert notebook.ask("y", "y") == ["a", "z", "y"]


def test_a_conversation_of_a_notebook_that_is_there_is_brought_back_as_a_branch(
    notebook: Notebook, tmp_path: Path
) -> None:
    notebook.ask("a", "a")
    notebook.save()
    original = notebook.session.conversation()
    session = notebook.open(tmp_path / "other.ipynb")
    branch = session.bring_back(original.id)
    assert branch.id != original.id
    assert notebook.ask("b", "b") == ["a", "b"]
    notebook.open(tmp_path / "mine.ipynb")
    assert notebook.ask("c", "c") == ["a", "c"]


def test_what_cannot_be_brought_back_is_refused(notebook: Notebook) -> None:
    with pytest.raises(InvalidOptionError, match=r"no conversation has the name or id 'abcdef'"):
        notebook.session.bring_back("abcdef")
    session = notebook.open(history=False)
    with pytest.raises(HistoryError, match=r"the history is off"):
        session.bring_back("abcdef")


# --- notebooks that are texts

PERCENT = "# %%\n%load_ext notebook_chat\n\n# %% [markdown]\n# prompt b\n"
CELL = {
    "py": "# %%\n# %%chat -c default\n# {}\n",
    "md": "```python\n%%chat -c default\n{}\n```\n",
}


@pytest.mark.parametrize("ending", ["py", "md"])
def test_a_text_notebook_goes_on(notebook: Notebook, tmp_path: Path, ending: str) -> None:
    def write(*asked: str) -> None:
        notebook.path.write_text("".join(CELL[ending].format(prompt) for prompt in asked))

    notebook.open(tmp_path / f"note.{ending}")
    for number, prompt in enumerate(ABC):
        notebook.ask(f"random-{number}", prompt)
    write(*ABC)
    notebook.open()
    for number, prompt in enumerate(ABC):  # which names its cells anew
        notebook.ask(f"other-{number}", prompt)
        assert notebook.sent == ABC[: number + 1]
    assert only(notebook).others == ()
    write("prompt c", "prompt a", "prompt b")
    notebook.ask("other-0", "prompt a")
    assert notebook.sent == ["prompt c", "prompt a"]
    notebook.ask("other-0", "edited")
    assert notebook.sent == ["prompt c", "edited"]


def test_another_text_notebook_says_how_to_go_on(notebook: Notebook, tmp_path: Path) -> None:
    notebook.open(tmp_path / "note.py")
    notebook.ask("a", "my salary is 100")
    notebook.path.write_text(PERCENT)
    notebook.open()
    assert notebook.ask("b", "hello") == ["hello"]
    assert [prompts(one) for one in only(notebook).others] == [["my salary is 100"]]
