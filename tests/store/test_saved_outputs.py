"""The outputs of cells in a saved notebook, which anybody may have written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.store import saved_outputs

STREAM = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]}


def written(path: Path, *cells: Any) -> Path:
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def code(source: Any, number: Any, *outputs: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "execution_count": number, "outputs": list(outputs)}


def test_each_kind_of_output_is_read(tmp_path: Path) -> None:
    outputs = [
        STREAM,
        {"output_type": "stream", "name": "stderr", "text": "\x1b[31mred\x1b[0m"},
        {"output_type": "display_data", "data": {"text/plain": "shown"}},
        {"output_type": "execute_result", "data": {"text/plain": ["4", "2"]}},
        {"output_type": "error", "ename": "KeyError", "traceback": ["\x1b[1mline\x1b[0m", "KeyError: 'x'"]},
    ]
    path = written(tmp_path / "a.ipynb", code(["x\n", "y"], 3, *outputs))
    found = saved_outputs(path, {3: "x\ny\n", 4: "z"})
    assert [(output.kind, output.text) for output in found.pop(3)] == [
        ("stdout", "a\nb"),
        ("stderr", "red"),
        ("display", "shown"),
        ("result", "42"),
        ("error", "line\nKeyError: 'x'"),
    ]
    assert found == {}


@pytest.mark.parametrize(
    "cell",
    [
        code("other", 3, STREAM),
        code("x", 4, STREAM),
        code("x", None, STREAM),
        code("x", "3", STREAM),
        code("x", 3, STREAM) | {"cell_type": "markdown"},
        code({"a": 1}, 3, STREAM),
        code("x", 3) | {"outputs": "none"},
        [],
        None,
    ],
)
def test_what_is_of_another_cell_or_none_is_not_read(tmp_path: Path, cell: Any) -> None:
    assert saved_outputs(written(tmp_path / "a.ipynb", cell, code("y", 5, STREAM)), {3: "x"}) == {}


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"output_type": "stream"},
        {"output_type": "stream", "text": {"a": 1}},
        {"output_type": "display_data", "data": []},
        {"output_type": "display_data", "data": {"image/png": "no image"}, "metadata": 5},
        {"output_type": "error", "traceback": "text"},
        {"output_type": 5, "text": "x"},
    ],
)
def test_an_output_of_another_form_costs_only_itself(tmp_path: Path, output: Any) -> None:
    path = written(tmp_path / "a.ipynb", code("x", 3, output, STREAM))
    assert saved_outputs(path, {3: "x"})[3][-1].text == "a\nb"


def test_a_flood_is_bounded(tmp_path: Path) -> None:
    long = {"output_type": "stream", "text": "x" * 100_000}
    found = saved_outputs(written(tmp_path / "a.ipynb", code("x", 3, *[long] * 100)), {3: "x"})
    assert sum(len(output.text) for output in found[3]) < 500_000


def test_what_is_no_notebook_has_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "bad.ipynb").write_bytes(b"\xff\x00 no notebook")
    for name in ("pipe.ipynb", "bad.ipynb", "missing.ipynb", "."):
        assert saved_outputs(tmp_path / name, {1: "x"}) == {}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_without_an_error(value: Any) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = written(
            Path(folder) / "a.ipynb", value, code("x", 1, value), code("x", 1) | {"outputs": value}
        )
        saved_outputs(path, {1: "x"})
