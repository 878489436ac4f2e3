"""Types that msgspec does not know, without pydantic."""

from __future__ import annotations

import fractions
import ipaddress
import os
import pathlib
import re
import zoneinfo
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from notebook_chat.errors import InvalidOptionError
from notebook_chat.schemas import shape_of
from notebook_chat.schemas.foreign_types import schema_of, value_of


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (pathlib.Path, "a/b", pathlib.Path("a/b")),
        (pathlib.PurePosixPath, "a/b", pathlib.PurePosixPath("a/b")),
        (os.PathLike, "a/b", pathlib.Path("a/b")),
        (complex, "1+2j", 1 + 2j),
        (fractions.Fraction, "1/3", fractions.Fraction(1, 3)),
        (zoneinfo.ZoneInfo, "UTC", zoneinfo.ZoneInfo("UTC")),
        (ipaddress.IPv4Address, "127.0.0.1", ipaddress.IPv4Address("127.0.0.1")),
        (ipaddress.IPv6Network, "::/8", ipaddress.IPv6Network("::/8")),
        (re.Pattern, "a+", re.compile("a+")),
        (pd.Timestamp, "2026-01-02", pd.Timestamp("2026-01-02")),
        (pd.Timedelta, "2 days", pd.Timedelta(days=2)),
        (np.int64, 3, np.int64(3)),
        (np.float32, 1.5, np.float32(1.5)),
        (np.bool_, True, np.bool_(True)),
    ],
)
def test_they_are_read(kind: Any, raw: Any, value: Any) -> None:
    assert schema_of(kind)["type"]
    found = value_of(kind, raw)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [(complex, "x"), (zoneinfo.ZoneInfo, "/x"), (zoneinfo.ZoneInfo, "Mars/Base"), (complex, []), (re.Pattern, "("),
     (pathlib.Path, 3), (fractions.Fraction, "1/0"),
     (pd.Timestamp, "soon"), (ipaddress.IPv4Address, "1"), (np.ndarray, "x"), (np.int64, "x")],
)  # fmt: skip
def test_what_is_none_is_a_value_error(kind: Any, raw: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        value_of(kind, raw)


@pytest.mark.parametrize("kind", [object(), int, pd.DataFrame, type, "Path"])
def test_others_are_not_known(kind: Any) -> None:
    with pytest.raises(NotImplementedError):
        schema_of(kind)


@dataclass
class Job:
    path: pathlib.Path
    when: pd.Timestamp | None = None


def test_they_are_fields_of_answers_that_are_data() -> None:
    shape = shape_of(list[Job])
    assert shape.decode([{"path": "a", "when": "2026-01-02"}]) == [
        Job(pathlib.Path("a"), pd.Timestamp("2026-01-02"))
    ]
    with pytest.raises(msgspec.ValidationError, match="no Timestamp"):
        shape.decode([{"path": "a", "when": "soon"}])
    with pytest.raises(InvalidOptionError, match="DataFrame cannot be a schema"):
        shape_of(pd.DataFrame)
