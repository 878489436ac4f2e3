"""Arrays of numpy and scipy in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from notebook_chat.prompt import describe
from notebook_chat.prompt.values.bounds import fits
from notebook_chat.prompt.values.data.arrays import describe_array


class Endless:
    def __repr__(self) -> str:
        while True:
            pass


class Own(np.ndarray[Any, Any]):
    """An array whose own ways are not to be followed."""

    def __getitem__(self, key: Any) -> Any:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


ARRAYS: dict[str, tuple[Any, list[str], str]] = {
    "two dimensions": (
        np.arange(3_000.0).reshape(1_000, 3),
        ["shape (1000, 3), float64, 24.0 kB", "0.0…2999.0, no NaN", "[0.0, 1.0, 2.0]\n[3.0, 4.0, 5.0]"],
        "1,000 × 3 float64",
    ),
    "no dimension": (np.array(3.5), ["shape (), float64", "Value: 3.5"], "0-d float64"),
    "three dimensions": (np.zeros((2, 3, 4), "i2"), ["always 0", "at (0,)"], "2 × 3 × 4 int16"),
    "nothing": (np.zeros((0, 3)), ["shape (0, 3)"], "0 × 3 float64"),
    "gaps": (np.array([np.nan, 1, 2.5]), ["1.0…2.5, 1 NaN"], "3 float64"),
    "gaps only": (np.full(3, np.nan), ["all NaN"], "3 float64"),
    "times": (
        np.array(["2024-01-01", "NaT", "2024-03-01"], "M8[D]"),
        ["2024-01-01…2024-03-01, 1 missing"],
        "3 datetime64[D]",
    ),
    "times the other way round in memory": (
        np.array(["2024-01-01", "2024-03-01"], ">M8[s]"),
        ["2024-01-01…2024-03-01"],
        "2 >M8[s]",
    ),
    "spans": (np.array([1, 3], "m8[h]"), ["1 hours…3 hours"], "2 timedelta64[h]"),
    "texts": (np.array(["abc", "d", "d"]), ["2 distinct: 'd' ×2, 'abc' ×1"], "3 <U3"),
    "truth values": (np.array([True, False, True]), ["True ×2, False ×1"], "3 bool"),
    "complex numbers": (np.array([1 + 2j]), ["[(1+2j)]"], "1 complex128"),
    "objects": (
        np.array([1, "a", None, {"k": [1]}, Endless()], dtype=object),
        ["1 null", "<tests.Endless>", "{'k': [1]}"],
        "5 object",
    ),
    "records": (
        np.array([(1, 0.5), (7, np.nan)], dtype=[("code", "i4"), ("weight", "f8")]),
        ["2 fields", "code int32: 1…7", "weight float64: always 0.5, 1 NaN", "0: 1, 0.5"],
        "2 [('code', '<i4'), ('weight', '<f8')]",
    ),
    "records in two dimensions": (
        np.zeros((2, 2), dtype=[("a", "i4")]),
        ["shape (2, 2)"],
        "2 × 2 [('a', '<i4')]",
    ),
    "hidden values": (
        np.ma.masked_array([1, 2, 300], [False, False, True]),
        ["Masked: 1 of 3 values", "Values: 1…2", "[1, 2, --]"],
        "3 int64",
    ),
    "all hidden": (np.ma.masked_all(3), ["Masked: 3 of 3", "all masked"], "3 float64"),
    "none hidden": (np.ma.masked_array([1.0, 2.0]), ["Masked: 0 of 2", "1.0…2.0"], "2 float64"),
    "a part of each line": (
        np.arange(100).reshape(10, 10)[::3, ::2],
        ["shape (4, 5)", "0…98"],
        "4 × 5 int64",
    ),
    "columns first": (
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        ["[0.0, 1.0, 2.0]\n[3.0, 4.0, 5.0]"],
        "2 × 3 float64",
    ),
    "backwards": (np.arange(5)[::-1], ["0…4", "[4, 3, 2, 1, 0]"], "5 int64"),
    "half precision": (np.array([1, 2], "f2"), ["1.0…2.0"], "2 float16"),
    "the other byte order": (np.array([1.5, 2], ">f8"), ["1.5…2.0"], "2 >f8"),
    "a class of its own": (np.arange(3).view(Own), ["shape (3,)", "0…2", "[0, 1, 2]"], "3 int64"),
    "large unsigned": (np.array([0, 2**64 - 1], "u8"), ["0…18446744073709551615"], "2 uint64"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_every_array_is_told(name: str) -> None:
    array, facts, label = ARRAYS[name]
    before = array.tobytes(), array.flags.writeable
    description = describe(array)
    for fact in facts:
        assert fact in description.text, description.text
    assert description.label == label
    assert (array.tobytes(), array.flags.writeable) == before
    for tokens in (20, 60, 2_000):
        assert fits(describe(array, tokens=tokens).text, tokens)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.5), "0.5"),
        (np.float32(0.1), "0.1"),
        (np.int8(3), "3"),
        (np.bool_(True), "True"),
        (np.datetime64("2024-01-01"), "2024-01-01"),
        (np.timedelta64(3, "h"), "3 hours"),
        (np.complex128(1 + 2j), "(1+2j)"),
    ],
)
def test_a_single_number_stands_in_the_sentence(value: Any, text: str) -> None:
    description = describe(value)
    assert description.text == text
    assert description.inline


def test_types() -> None:
    assert "a int32, b float64" in describe(np.dtype([("a", "i4"), ("b", "f8")])).text
    assert "float64, 8 bytes" in describe(np.dtype("f8")).text
    assert "a=0" in describe(np.zeros(1, dtype=[("a", "i4")])[0]).text


def test_a_file_is_not_read_but_for_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "values.bin"
    array = np.memmap(path, dtype="f8", mode="w+", shape=(1_000, 1_000))
    array[0, :] = 2.0
    array[1, :] = 3.0
    array.flush()
    for value in (array, array[:], np.asarray(array)):
        text = describe_array(value, 300).text
        assert "A numpy.memmap of shape (1000, 1000), float64, 8.0 MB" in text
        assert "values.bin'; only its beginning was read" in text
        assert "Its first 1,000 values: always 2.0" in text


def test_a_file_that_is_shorter_than_it_was_is_not_read(tmp_path: Path) -> None:
    """Reading what is not there any more would end the process."""
    path = tmp_path / "values.bin"
    array = np.memmap(path, dtype="f8", mode="w+", shape=(1_000, 1_000))
    with path.open("r+b") as file:
        file.truncate(0)
    assert "nothing of it was read" in describe_array(array, 300).text


def test_what_is_large_is_looked_at_in_a_sample() -> None:
    array = np.zeros(30_000_000, dtype="i1")
    text = describe(array).text
    assert "~always 0" in text
    assert "~ is from a sample of 10,000 values" in text


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "dia", "bsr"])
@pytest.mark.parametrize("make", ["array", "matrix"])
def test_every_sparse_form_is_told_and_stays_sparse(form: str, make: str) -> None:
    kind = scipy.sparse.csr_array if make == "array" else scipy.sparse.csr_matrix
    value = kind(np.diag([1.5, 2.5, 0.0])).asformat(form)
    description = describe(value)
    assert f"scipy.sparse.{form}_{make} of shape (3, 3), float64" in description.text
    assert f"in {form.upper()} format" in description.text
    assert "stored values" in description.text
    assert description.label.startswith("3 × 3 float64")
    assert value.format == form


def test_a_sparse_matrix_that_would_not_fit_into_memory_as_a_dense_one() -> None:
    value = scipy.sparse.csr_array(([3.0], ([5], [7])), shape=(10**7, 10**7))
    text = describe(value).text
    assert "1 stored values" in text
    assert "density 1e-14" in text


@given(
    arrays.arrays(
        arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
    ),
    st.integers(30, 1_000),
)
def test_any_array_is_told_within_the_tokens(array: np.ndarray[Any, Any], tokens: int) -> None:
    text = describe(array, tokens=tokens).text
    assert "of shape" in text
    assert fits(text, tokens)
