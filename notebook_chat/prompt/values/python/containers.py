"""Lists, sets, dicts and the like: how many elements of which types, and the first and the last ones. A large one is
not walked through."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from ..bounds import BYTES_PER_TOKEN, counted, fits, lines_within
from ..classes import Types, class_member, is_a, type_name, types_among
from ..description import Description
from ..short_repr import short_repr
from ..structs import fields_of
from .objects import a, describe_fields

WALKED = 20_000
"""How many elements are looked at one by one at most."""

_SAMPLE = 1_000
_NUMBERS, _TEXTS, _SEQUENCES = Types(int, float), Types(str), Types(list, tuple)
_INLINE = 80  # characters of what can stand in a sentence


def describe_sequence(value: Any, tokens: int) -> Description:
    """A list, a tuple or a deque, or a value of a class that derives from one."""
    if is_a(value, tuple) and (fields := fields_of(value)) is not None:
        return describe_fields(value, fields, tokens)
    base: Any = next(one for one in (list, tuple, deque) if is_a(value, one))
    count = base.__len__(value)
    bound = f", at most {value.maxlen:,}" if base is deque and deque.maxlen.__get__(value) is not None else ""
    plain = value if type(value) in _SEQUENCES else _Items(value, base)
    if whole := _whole(value, tokens, count, "item", base in (list, tuple) and type(value) is base):
        return whole
    first = f"{a(type_name(type(value)))} of {counted(count, 'item')}{bound}"
    lines = _lines_of_items(plain, count, first, tokens, base is not deque, True)
    return Description(lines, counted(count, "item"))


def describe_set(value: Any, tokens: int) -> Description:
    """A set, a frozen set or the keys of a dict."""
    base: Any = next((one for one in (set, frozenset) if is_a(value, one)), type({}.keys()))
    count = base.__len__(value)
    if whole := _whole(value, tokens, count, "item", type(value) is set):
        return whole
    items = list(islice(base.__iter__(value), WALKED))
    first = f"{a(type_name(type(value)))} of {counted(count, 'item')}"
    return Description(_lines_of_items(items, count, first, tokens, False, False), counted(count, "item"))


def describe_view(value: Any, tokens: int) -> Description:
    """The values or the items of a dict."""
    count = len(value)
    items = list(islice(iter(value), WALKED))
    first = f"The {type(value).__name__.partition('_')[2]} of a dict, {counted(count, 'item')}"
    return Description(_lines_of_items(items, count, first, tokens, False, False), counted(count, "item"))


def describe_mapping(value: Any, tokens: int) -> Description:
    """A dict, or a value of a class that derives from it: its keys with what they hold, in order."""
    base = dict if is_a(value, dict) else type(vars(int))
    count = base.__len__(value)
    if whole := _whole(value, tokens, count, "item", type(value) is dict):
        return whole
    items = _ordered(value) if base is dict else value.items()
    keys = dict.keys(value) if base is dict else value.keys()
    first = f"{a(type_name(type(value)))} of {counted(count, 'item')}"
    factory = class_member(type(value), "default_factory")
    if factory is not None and is_a(value, dict) and value.default_factory is not None:
        first += f", with {short_repr(value.default_factory, 40)} for keys that are missing"
    room = int((tokens - 1) * BYTES_PER_TOKEN)
    width = max(40, min(300, room // max(1, min(count, 12)) - 4))
    pairs = [f"{short_repr(key, 60)}: {short_repr(one, width)}" for key, one in islice(items, room // 4)]
    held = list(islice(dict.values(value) if base is dict else value.values(), WALKED))
    range_ = _range(held) if len(held) == count else ""
    about = (
        f"{first}; keys: {_types(list(islice(keys, WALKED)), count)}; values: {_types(held, count)}{range_}"
    )
    more = "…" if count <= 1 else f"… (the last key is {_last_key(value, base)})"
    if all(len(pair) < 40 for pair in pairs[:20]):
        lines: Iterable[str] = (", ".join(pairs[at : at + 8]) for at in range(0, len(pairs), 8))
    else:
        lines = pairs
    return Description(lines_within([about, *lines], tokens, more=more), counted(count, "item"))


def _ordered(value: Any) -> Iterable[tuple[Any, Any]]:
    """The items of a dict in order; those of a counter, the most frequent first."""
    if is_a(value, Counter) and dict.__len__(value) <= WALKED:
        held = list(dict.items(value))
        if all(type(number) is int for _, number in held):
            return sorted(held, key=lambda item: -item[1])
    return dict.items(value)


def _last_key(value: Any, base: Any) -> str:
    keys = dict.__reversed__(value) if base is dict else reversed(list(islice(value, WALKED)))
    return short_repr(next(iter(keys), None), 40)


class _Items:
    """The elements of a sequence by its built-in base, whatever its own class makes of them."""

    def __init__(self, value: Any, base: Any) -> None:
        self._value, self._base = value, base

    def __len__(self) -> int:
        count: int = self._base.__len__(self._value)
        return count

    def __getitem__(self, at: int) -> Any:
        return self._base.__getitem__(self._value, at)

    def __iter__(self) -> Iterator[Any]:
        found: Iterator[Any] = self._base.__iter__(self._value)
        return found


def _whole(value: Any, tokens: int, count: int, one: str, plain: bool) -> Description | None:
    """The value as it is written, where there is room for all of it."""
    room = int((tokens - 1) * BYTES_PER_TOKEN) - 60
    if not plain or count > room:
        return None
    text = short_repr(value, room)
    if len(text) > room or "…" in text or not fits(text, tokens - 20):
        return None
    label = counted(count, one)
    if len(text) <= _INLINE:
        return Description(text, label, inline=True)
    items = value if type(value) is not dict else list(value.values())
    about = _types(list(items), count) + _range(list(items)) if type(value) is not dict else ""
    return Description(
        f"{a(type_name(type(value)))} of {label}{': ' + about if about else ''}\n{text}", label
    )


def _lines_of_items(items: Any, count: int, first: str, tokens: int, indexed: bool, ordered: bool) -> str:
    """What a container is, the types of its elements, and the first and the last ones.

    Args:
        items: The elements.
        count: How many there are.
        first: What it is, in words.
        tokens: How long the text may be.
        indexed: Whether any element is found at once by its position.
        ordered: Whether the last ones are.
    """
    walked = _walked(items, count, indexed)
    about = f"{first}: {_types(walked, count)}{_range(walked) if len(walked) == count else ''}"
    lines = [about, *_inside(walked)]
    room = tokens - sum(len(line) for line in lines) // 3 - 12
    width = max(24, min(400, int(room * BYTES_PER_TOKEN) // 3))
    rest = min(5, count - 1) if ordered else 0
    tail = [short_repr(items[at], width) for at in range(count - rest, count)]
    head = (short_repr(item, width) for item in islice(iter(items), _SAMPLE))
    shown = _joined_ends(head, tail, count, int(max(8, room) * BYTES_PER_TOKEN))
    return lines_within([*lines, shown], tokens)


def _walked(items: Any, count: int, indexed: bool) -> list[Any]:
    """All of the elements, or of a great many some that are spread among them."""
    if count <= WALKED:
        return list(items)
    if not indexed:
        return list(islice(iter(items), _SAMPLE))
    return [items[at * (count - 1) // (_SAMPLE - 1)] for at in range(_SAMPLE)]


def _joined_ends(head: Iterable[str], tail: Sequence[str], count: int, room: int) -> str:
    """The first and the last elements, as many as there is room for: two thirds of it are for the first ones."""
    first: list[str] = []
    taken = 0
    for text in head:
        taken += len(text) + 2
        if first and taken > room:
            break
        first.append(text)
    separator = "\n" if any(len(text) > 60 for text in first[:3]) else ", "
    if len(first) == count:
        return separator.join(first)
    last: list[str] = []
    taken = 3
    for text in reversed(tail):
        taken += len(text) + 2
        if last and taken > room // 3:
            break
        last.insert(0, text)
    left = room - taken
    while len(first) > 1 and sum(map(len, first)) + 2 * len(first) > left:
        first.pop()
    return separator.join([*first, "…", *last[max(0, len(first) + len(last) - count) :]])


def _types(items: Iterable[Any], count: int) -> str:
    """The types of elements, the most frequent first, and how many of each where there are several."""
    sample = list(items)
    found = types_among(sample)
    some = f" in a sample of {len(sample):,}" if len(sample) < count else ""
    if not found:
        return "empty"
    if len(found) == 1:
        return f"{_plain_name(found[0][0])}{some}"
    named = [f"{number:,} {_plain_name(cls)}" for cls, number in found[:6]]
    return ", ".join(named) + (", …" if len(found) > 6 else "") + some


def _plain_name(cls: type) -> str:
    return "None" if cls is type(None) else type_name(cls)


def _range(items: Sequence[Any]) -> str:
    """From where to where numbers or texts go; empty for others."""
    present = [item for item in items if item is not None]
    if present and _NUMBERS.have_all(present):
        numbers = [item for item in present if item == item]
        missing = len(present) - len(numbers)
        nan = f", {missing:,} NaN" if missing else ""
        return (
            f", from {short_repr(min(numbers), 30)} to {short_repr(max(numbers), 30)}{nan}"
            if numbers
            else nan
        )
    if present and _TEXTS.have_all(present):
        return f", {len(set(present)):,} of them different" if len(present) > 1 else ""
    return ""


def _inside(items: Sequence[Any]) -> list[str]:
    """What the elements hold that are dicts or sequences themselves."""
    sample = items[:_SAMPLE]
    if sample and all(type(item) is dict for item in sample):
        return [line] if (line := _keys(sample)) else []
    if sample and _SEQUENCES.have_all(sample):
        lengths = Counter(map(len, sample))
        inner = [one for item in sample for one in item[:20]]
        several = f"{min(lengths):,} to {max(lengths):,} items"
        of = counted(min(lengths), "item") if len(lengths) == 1 else several
        return [f"Each has {of}: {_types(inner, len(inner))}"]
    return []


def _keys(items: Sequence[dict[Any, Any]]) -> str:
    """The keys of dicts with the types of what they hold."""
    types: dict[Any, Counter[str]] = {}
    for item in items:
        for key, one in islice(item.items(), 50):
            if type(key) is str and (key in types or len(types) < 50):
                types.setdefault(key, Counter())[_plain_name(type(one))] += 1
    described = []
    for key, names in types.items():
        missing = len(items) - sum(names.values())
        kinds = "/".join(name for name, _ in names.most_common(3))
        described.append(f"{key} ({kinds}{f', missing in {missing:,}' if missing else ''})")
    return f"Keys: {', '.join(described)}" if described else ""
