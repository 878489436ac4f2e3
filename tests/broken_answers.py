"""Two hundred answers that were to be data and are none: what models and services make of a schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from notebook_chat.events import Finish

GOOD: dict[str, Any] = {"name": "Ann", "age": 34, "tags": ["a", "b"], "home": {"city": "Kyiv", "zip": None}}
"""What fits ``SCHEMA``."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "home": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "zip": {"type": ["string", "null"]}},
            "required": ["city", "zip"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "age", "tags", "home"],
    "additionalProperties": False,
}

TEXT = json.dumps(GOOD)


def _texts() -> Iterator[str]:
    yield from (TEXT[:end] for end in range(1, len(TEXT)))  # cut off, and the service says that it is whole
    for before in (
        "Sure! Here it is:\n",
        "json\n",
        "Answer: ",
        "> ",
        "The result is ",
        "[",
        "{",
        "data:",
        "<json>",
    ):
        yield before + TEXT
    for after in (
        " Hope that helps!",
        "\n\nLet me know.",
        "}",
        "]",
        ",",
        ";",
        "\n```",
        TEXT,
        "\n" + TEXT,
        " // end",
    ):
        yield TEXT + after
    yield f"Here:\n```json\n{TEXT}\n```"
    yield f"```json\n{TEXT}\n```\nDone."
    yield f"```json\n{TEXT}\n```\n```json\n{TEXT}\n```"
    yield f"```python\nprint({TEXT})\n```"
    for word in (
        "NaN",
        "Infinity",
        "-Infinity",
        "None",
        "undefined",
        "True",
        "1e999",
        "034",
        "+34",
        "0x22",
        ".5",
        "3.",
    ):
        yield TEXT.replace("34", word)
    yield TEXT.replace('"', "'")
    yield TEXT.replace('"name"', "name")
    yield TEXT.replace("}", ",}")
    yield TEXT.replace("]", ",]")
    yield TEXT.replace('"Ann"', '"An\nn"')
    yield TEXT.replace('"Ann"', '"A\\x"')
    yield TEXT.replace('"Ann"', "Ann")
    yield TEXT.replace(": ", " = ")
    yield TEXT.replace(", ", " ")
    yield TEXT.replace('"age": 34', '"age": 34, "age": 35')
    yield TEXT.replace("34", "1" * 5000)
    yield "{" * 5000
    yield from (
        "",
        " ",
        "\n" * 500,
        "null",
        "true",
        "34",
        '"Ann"',
        "[]",
        "{}",
        "[{}]",
        "I cannot help with that.",
    )
    yield json.dumps(json.dumps(GOOD))
    yield from (
        json.dumps({key: GOOD}) for key in ("result", "data", "answer", "person", "value", "name", "schema")
    )
    yield json.dumps([GOOD, GOOD])
    yield json.dumps({"type": "object", "properties": GOOD})
    yield json.dumps(SCHEMA)
    for key in GOOD:
        yield json.dumps({name: one for name, one in GOOD.items() if name != key})
        yield json.dumps({name.upper() if name == key else name: one for name, one in GOOD.items()})
        for wrong in (None, True, -1, 3.5, 151, {}, [1], ["a"] * 4, {"city": 1}, ""):
            if not (key == "tags" and wrong == []) and not (key == "name" and wrong == "x"):
                yield json.dumps({**GOOD, key: wrong})
    yield json.dumps({**GOOD, "extra": 1})
    yield json.dumps({**GOOD, "home": {"city": "Kyiv"}})
    yield json.dumps({**GOOD, "home": {"city": "Kyiv", "zip": 1}})
    yield json.dumps({**GOOD, "age": "34"})
    yield json.dumps({**GOOD, "age": 34.2})
    yield json.dumps({**GOOD, "tags": "a, b"})


BROKEN: tuple[str, ...] = tuple(dict.fromkeys(_texts()))
"""Answers that a service says are whole."""

ENDED: tuple[tuple[str, Any], ...] = tuple(
    (text, reason)
    for text in (TEXT, TEXT[:30], "", "I cannot help with that.")
    for reason in (Finish("length"), Finish("content_filter"), Finish("refusal"), Finish("max_characters"))
)
"""Answers with a reason for their end after which they do not count."""
