"""Which cells of a saved notebook turns belong to."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.conversation import Turn, is_lasting
from notebook_chat.messages import Message
from notebook_chat.session.cell_names import CellNames
from notebook_chat.session.recognition import names_of, recognize
from notebook_chat.store import Cell, NotebookFile

words = st.sampled_from(["", "one", "two", "go on"])
names = st.sampled_from(["a", "b", "c", "a#2", "vscode-notebook-cell:/x#W0", "vscode-notebook-cell:/x#W1#2"])
turns = st.lists(
    st.builds(
        lambda prompt, cell, id: Turn(Message("user", prompt), cell=cell, id=id),
        words,
        st.none() | names,
        st.sampled_from("tuvwxyz"),
    ),
    unique_by=lambda turn: turn.id,
)
files = st.lists(
    st.builds(
        lambda id, code, prompt, held: Cell(
            id, code, f"%%chat\n{prompt}" if prompt else "x = 1", tuple(held)
        ),
        st.none() | st.sampled_from("abcdef"),
        st.booleans(),
        words,
        st.lists(st.sampled_from("tuvwxyz"), max_size=2),
    )
).map(lambda cells: NotebookFile(Path("x.ipynb"), tuple(cells)))


@given(turns, st.none() | files)
def test_no_turn_is_lost_and_no_passing_name_stays(before: list[Turn], file: NotebookFile | None) -> None:
    after, lost = recognize(before, file)
    assert [turn.id for turn in after] == [turn.id for turn in before]
    assert all(turn.cell is None or is_lasting(turn.cell) for turn in after)
    assert lost <= {turn.id for turn in before if turn.cell is not None}
    again, _ = recognize(after, file)
    assert again == after


@given(files, turns, st.lists(st.tuples(names, words)))
def test_cells_that_run_have_one_name_each(
    file: NotebookFile, before: list[Turn], runs: list[tuple[str, str]]
) -> None:
    own, _ = recognize(before, file)
    cells = CellNames()
    cells.read(file, own)
    assert len(names_of(file, own, {})) == len(file.cells)
    for cell, prompt in runs:
        source = f"%%chat\n{prompt}"
        name = cells.name(cell, source)
        assert cells.known(cell) == name
        assert cells.name(cell, source) == name
        assert all(0 <= place < len(file.cells) for place in cells.order.values())


def test_a_new_cell_that_asks_what_another_one_asked_is_another_one() -> None:
    cells = CellNames()
    first, second = cells.name("a", "%%chat\ngo on"), cells.name("b", "%%chat\ngo on")
    assert (first, second) == ("a", "b")
