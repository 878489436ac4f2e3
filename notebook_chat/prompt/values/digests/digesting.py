"""What of a value goes into a digest: bounded, without running code of its class."""

from __future__ import annotations

import marshal
import struct
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ..classes import Types, class_member, instance_values, is_a, module_of, mro, own_members, qualified_name
from ..structs import fields_of

Update = Callable[[bytes], object]
Sampler = Callable[[Any, "Digesting"], bool]
"""Adds a sample of a value to a digest, and tells whether something was found."""

WHOLE = 50_000
"""How many plain elements a container may have of which all are looked at."""

_NODES = 600  # elements that are looked at one by one, in all
_DEPTH = 8
_ENDS = 300
_SPREAD = 600
_WHOLE_TEXT = 1_000_000
_PIECE = 4_096
_SCALARS = Types(int, float, complex, bool, str, bytes, type(None))
_TEXTS, _SEQUENCES = Types(str, bytes), Types(list, tuple)
_WRITTEN = ("datetime", "decimal", "fractions", "uuid", "ipaddress", "zoneinfo")
_UNSTEADY = (
    "matplotlib",
    "IPython",
    "ipywidgets",
    "plotly",
    "PIL",
    "asyncio",
    "threading",
    "logging",
    "sqlalchemy",
)
"""Packages whose objects change by being looked at, or hold what says nothing."""


class Digesting:
    """A value on its way into a digest.

    Args:
        update: Takes the bytes.
        sampler_of: Says how a table or an array of a class is sampled.
    """

    def __init__(self, update: Update, sampler_of: Callable[[type], Sampler | None]) -> None:
        self._update = update
        self._sampler_of = sampler_of
        self._left = _NODES
        self._above: set[int] = set()

    def add(self, value: Any) -> bool:
        """Adds a value.

        Returns:
            Whether something was found that tells it from another one of its type.
        """
        cls = type(value)
        self._update(qualified_name(cls).encode())
        if cls in _SCALARS:
            self._scalar(value)
            return True
        self._left -= 1
        if self._left < 0 or id(value) in self._above or len(self._above) > _DEPTH:
            return False
        self._above.add(id(value))
        try:
            return self._of_class(value, cls)
        except Exception:  # what looks like one of a kind and is none
            return False
        finally:
            self._above.discard(id(value))

    def _scalar(self, value: Any) -> None:
        if type(value) in _TEXTS:
            self.text(value)
        elif type(value) is int:
            self._update(value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)[-65_536:])
        elif type(value) is float:
            self._update(struct.pack("d", value))
        else:
            self._update(repr(value).encode())

    def text(self, value: Any) -> None:
        """Adds a text or bytes: all of it, or of a long one the ends and pieces between them."""
        self._update(str(len(value)).encode())
        pieces = [value]
        if len(value) > _WHOLE_TEXT:
            count = 64
            step = (len(value) - _PIECE) // count
            pieces = [value[at * step : at * step + _PIECE] for at in range(count)] + [value[-_PIECE:]]
        for piece in pieces:
            self._update(piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else bytes(piece))

    def _of_class(self, value: Any, cls: type) -> bool:
        if (known := _EXACT.get(id(cls))) is not None:
            return known(self, value)
        if (sampler := self._sampler_of(cls)) is not None:
            return sampler(value, self)
        classes = mro(cls)
        if any(qualified_name(one) == "enum.Enum" for one in classes):
            return self.add(instance_values(value).get("_name_"))
        for base, add in _BASES.items():
            if any(one is base for one in classes):
                return add(self, value)
        return self._object(value, cls)

    def _object(self, value: Any, cls: type) -> bool:
        root = module_of(cls).partition(".")[0]
        if root in _WRITTEN:
            self._update(str(value).encode(errors="replace"))
            return True
        fields = fields_of(value)
        if fields is None:
            if root in _UNSTEADY:
                return False
            fields = [pair for pair in instance_values(value).items() if not pair[0].startswith("_")]
            if not fields:
                return False
        return self.pairs(fields)

    def pairs(self, pairs: Iterable[tuple[Any, Any]]) -> bool:
        """Adds names with what they hold."""
        known = [(self.add(name), self.add(one))[1] for name, one in islice(pairs, 2 * _ENDS)]
        return any(known) or not known

    def items(self, items: Any, count: int) -> bool:
        """Adds elements: all of them where there are few or plain ones, else the ends and some between them.

        Args:
            items: What gives them, by position or one after the other.
            count: How many there are.
        """
        self._update(str(count).encode())
        if count <= WHOLE and self.plain(list(items)):
            return True
        for one in sample(items, count):
            self.add(one)
        return True

    def plain(self, items: list[Any]) -> bool:
        """Adds elements at once, if all are numbers, texts and the like; whether they were."""
        if not _SCALARS.have_all(items):
            return False
        if sum(len(one) for one in items if type(one) in _TEXTS) > _WHOLE_TEXT:
            return False
        self._update(marshal.dumps(items, 2))  # of this version, equal values give equal bytes
        return True

    def _sequence(self, value: Any) -> bool:
        base: Any = next(one for one in (list, tuple, deque) if is_a(value, one))
        count = base.__len__(value)
        exact = type(value) in _SEQUENCES
        return self.items(value if exact else list(islice(base.__iter__(value), WHOLE)), count)

    def _set(self, value: Any) -> bool:
        base: Any = next(one for one in (set, frozenset) if is_a(value, one))
        self._update(str(base.__len__(value)).encode())
        items = list(islice(base.__iter__(value), WHOLE + 1))
        if len(items) <= WHOLE and _SCALARS.have_all(items):
            for one in sorted(marshal.dumps(one, 2) for one in items):  # in whatever order they come
                self._update(one)
        return True

    def _dict(self, value: Any) -> bool:
        count = dict.__len__(value)
        self._update(str(count).encode())
        if count <= WHOLE and self.plain(list(dict.keys(value))) and self.plain(list(dict.values(value))):
            return True
        items: Iterable[Any] = dict.items(value)
        if count > 2 * _ENDS:
            last = islice(dict.__reversed__(value), _ENDS)
            items = [
                *islice(items, _ENDS),
                *((key, dict.__getitem__(value, key)) for key in last if is_plain(key)),
            ]
        for key, one in items:
            self.add(key)
            self.add(one)
        return True

    def _text(self, value: Any) -> bool:
        self.text(str.__str__(value) if is_a(value, str) else bytes(memoryview(value)[:_WHOLE_TEXT]))
        return True

    def _number(self, value: Any) -> bool:
        self._scalar(int.__index__(value) if is_a(value, int) else float.__float__(value))
        return True

    def _function(self, value: Any) -> bool:
        if is_a(value, MethodType):
            return self._function(value.__func__) and self.add(value.__self__)
        if is_a(value, BuiltinFunctionType):
            self._update(str(value.__qualname__).encode())
            return True
        self._code(value.__code__, 0)
        self.add(value.__defaults__)
        self.add(value.__kwdefaults__)
        return True

    def _code(self, code: CodeType, depth: int) -> None:
        self._update(code.co_code)
        self._update(repr((code.co_names, code.co_varnames)).encode(errors="replace"))
        for constant in code.co_consts:
            if type(constant) is CodeType:
                if depth < _DEPTH:
                    self._code(constant, depth + 1)
            elif type(constant) in _SCALARS or type(constant) is tuple:
                self.add(constant)

    def _class(self, value: Any) -> bool:
        for name, member in islice(own_members(value).items(), 2 * _ENDS):
            function = member.fget if type(member) is property else getattr(member, "__func__", member)
            if type(function) is FunctionType:
                self._update(name.encode(errors="replace"))
                self._function(function)
            elif type(member) in _SCALARS and name not in _OF_A_CLASS:
                self._update(name.encode(errors="replace"))
                self.add(member)
        annotations = class_member(value, "__annotations__")
        return self.add(list(annotations) if type(annotations) is dict else None)

    def _module(self, value: Any) -> bool:
        names: dict[str, Any] = ModuleType.__getattribute__(value, "__dict__")
        return self.pairs([(name, names.get(name)) for name in ("__name__", "__version__") if name in names])


_OF_A_CLASS = ("__module__", "__firstlineno__", "__qualname__", "__weakref__", "__dict__")
_BASES: dict[type, Callable[[Digesting, Any], bool]] = {
    list: Digesting._sequence,
    deque: Digesting._sequence,
    tuple: Digesting._sequence,
    dict: Digesting._dict,
    set: Digesting._set,
    frozenset: Digesting._set,
    str: Digesting._text,
    bytes: Digesting._text,
    bytearray: Digesting._text,
    bool: Digesting._number,
    int: Digesting._number,
    float: Digesting._number,
    FunctionType: Digesting._function,
    BuiltinFunctionType: Digesting._function,
    MethodType: Digesting._function,
    type: Digesting._class,
    ModuleType: Digesting._module,
}
_EXACT = {id(cls): add for cls, add in _BASES.items()}


def is_plain(key: Any) -> bool:
    """Whether something can be looked up without running code of others."""
    return type(key) in _SCALARS


def positions(count: int) -> list[int]:
    """The positions of a sample of elements, in order: the first, the last, and some that are spread between them."""
    if count <= 2 * _ENDS + _SPREAD:
        return list(range(count))
    spread = [at * (count - 1) // (_SPREAD - 1) for at in range(_SPREAD)]
    ends = {*range(_ENDS // 2), *range(count - _ENDS // 2, count)}
    return sorted(ends.union(spread))


def sample(items: Any, count: int) -> list[Any]:
    """The elements at ``positions``; of what has no positions, the first ones."""
    if type(items) in _SEQUENCES and len(items) == count:
        return [items[at] for at in positions(count)]
    return list(islice(iter(items), 2 * _ENDS))
