"""A schema in words, for whoever has no other place for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def as_text(schema: Mapping[str, Any]) -> str:
    """A JSON schema as a model reads it.

    Args:
        schema: The schema.
    """
    return json.dumps(schema, ensure_ascii=False)


def instruction(schema: Mapping[str, Any]) -> str:
    """What a model is told that is to answer with JSON.

    Args:
        schema: The JSON schema that the answer is to fit; an empty one for any JSON.
    """
    alone = "Answer with JSON alone, without a word before or after it"
    return f"{alone}, that fits this JSON schema:\n\n{as_text(schema)}" if schema else f"{alone}."
