"""Values whose own code does what it should not."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any


class Loops:
    def __repr__(self) -> str:
        while True:
            pass


class Sleeps:
    def __repr__(self) -> str:
        time.sleep(3)
        return "awake"


class Clings:
    """Does not let itself be ended, for a while."""

    def __repr__(self) -> str:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            try:
                while time.monotonic() < end:
                    pass
            except BaseException:
                continue
        return "clung"


class Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        raise self.error


class MutedError(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt


class Huge:
    def __repr__(self) -> str:
        return "x" * 100_000_000


class Prints:
    def __repr__(self) -> str:
        print("PRINTED")
        print("PRINTED", file=sys.stderr)
        return "said quietly"


class NoText:
    def __repr__(self) -> Any:
        return 5


class OddText(str):
    """A text that lies about all that it is asked."""

    __slots__ = ()

    def __len__(self) -> int:
        raise RuntimeError

    def __getitem__(self, at: Any) -> Any:
        raise RuntimeError

    def __str__(self) -> str:
        return "a lie"

    def encode(self, *arguments: Any) -> Any:
        raise RuntimeError


class SaysOddText:
    def __repr__(self) -> str:
        return OddText("the truth")


class LiesAboutItsClass:
    @property
    def __class__(self) -> Any:
        raise RuntimeError("asked for its class")

    def __getattr__(self, name: str) -> Any:
        raise SystemExit(name)


class SaysItIsAList:
    __class__ = list  # type: ignore[assignment]

    def __iter__(self) -> Iterator[int]:
        return itertools.count()

    def __len__(self) -> int:
        return 5


class HasEverything:
    """Whatever it is asked for, it has."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return itertools.count()


class Meta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        raise RuntimeError

    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(cls) -> str:
        raise RuntimeError

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError

    def __hash__(cls) -> int:
        raise RuntimeError


class OfMeta(metaclass=Meta):
    pass


class EndlessList(list[Any]):
    def __iter__(self) -> Iterator[Any]:
        return itertools.count()

    def __len__(self) -> int:
        return 10**12

    def __getitem__(self, at: Any) -> Any:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError


class EndlessDict(dict[Any, Any]):
    def items(self) -> Any:
        raise RuntimeError

    def __iter__(self) -> Iterator[Any]:
        return itertools.count()

    def __len__(self) -> int:
        raise RuntimeError

    def __missing__(self, key: Any) -> Any:
        raise RuntimeError


class WaitsForALock:
    lock = threading.Lock()

    def __repr__(self) -> str:
        with self.lock:
            return "got it"


class BadHash:
    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("compared")

    def __repr__(self) -> str:
        return "BadHash()"


class Properties:
    touched = 0

    @property
    def value(self) -> int:
        type(self).touched += 1
        raise RuntimeError


class LiesAboutItsWords:
    """Has the methods, and they do what they should not."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def _ai_repr_(self) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def __repr__(self) -> str:
        return "plain words"


def recursive() -> list[Any]:
    """Containers that hold themselves."""
    in_list: list[Any] = [1]
    in_list.append(in_list)
    in_dict: dict[Any, Any] = {}
    in_dict["self"] = in_dict
    inner: list[Any] = []
    in_tuple = (inner, 1)
    inner.append(in_tuple)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return [in_list, in_dict, in_tuple, deep]


HOSTILE = [
    *(
        Raises(error)
        for error in (ValueError("no"), SystemExit(3), KeyboardInterrupt(), MutedError(), RecursionError())
    ),
    Huge(),
    Prints(),
    NoText(),
    OddText("text"),
    SaysOddText(),
    LiesAboutItsClass(),
    SaysItIsAList(),
    HasEverything(),
    OfMeta,
    OfMeta(),
    EndlessList([1, 2, 3]),
    EndlessDict({"a": 1}),
    {BadHash(): 1},
    {BadHash()},
    Properties(),
    *(
        LiesAboutItsWords(answer)
        for answer in (
            ValueError(),
            SystemExit(),
            None,
            5,
            "",
            {},
            {"image/png": "no image"},
            {"text/plain": 3},
            (),
        )
    ),
    itertools.count(),
    (number for number in itertools.count()),
    10**100_000,
    -(10**100_000),
    float("nan"),
    "\ud800 half a pair",
    "\x1b[2J" * 1000,
    "☃" * 100_000,
    b"\xff" * 1_000_000,
    recursive,
    object(),
    type,
    sys,
    sys.modules,
    memoryview(b"abc"),
    memoryview(b"abcdef")[::2],
    NotImplemented,
    ...,
    range(10**30),
    slice(1, 2),
    lambda: None,
    threading.current_thread(),
    threading.Lock(),
]
"""Values that answer, in one way or another; those that do not end are for tests of their own."""
