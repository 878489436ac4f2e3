"""How a service is asked for data: by a schema in a field of its own, by its mode for JSON, or in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import msgspec

from .. import errors
from ..messages import Message, Messages, TextPart, normalize
from ..schemas import Adapted, Subset, adapt, as_text, instruction
from .call import Call
from .model_facts import known_facts

FORMS = ("schema", "json", "words")
"""By a schema, by a mode for JSON with the schema in words, or in words alone."""

_REFUSES = re.compile(
    r"response_?format|response_?schema|response_?json|response[_ ]?mime|json_?schema|json_?object|json[ _]?mode"
    r"|output_?config|output_?format|text\.format|structured|\bschema|\bgrammar|\bstrict\b|\bformat\b",
    re.IGNORECASE,
)


class Structured(Protocol):
    """What is asked of a dialect that has a place for a schema."""

    @property
    def schema_forms(self) -> Sequence[str]:
        """The forms in which it can be asked for data, the strictest first."""
        ...

    @property
    def schema_subset(self) -> Subset:
        """What of JSON schema it takes."""
        ...

    @property
    def schema_with_tools(self) -> bool:
        """Whether a schema leaves a model free to call tools."""
        ...


def shaped(dialect: Structured, call: Call) -> Call:
    """A call in the first of a dialect's forms that can say what data are wanted; itself where none are.

    Args:
        dialect: The dialect.
        call: The call.
    """
    schema = call.ask.options.get("schema")
    if schema is None:
        return call
    if call.ask.options.get("tools") and not dialect.schema_with_tools:
        return _in_form(dialect, call, schema, "words")
    forms = [form for form in dialect.schema_forms if form != "schema" or _takes(dialect, call, schema)]
    return _in_form(dialect, call, schema, forms[0] if forms else "words")


def looser(dialect: Structured, call: Call, error: errors.ChatError) -> Call | None:
    """The same call in the next form, where the service has refused the one that it was in.

    Args:
        dialect: The dialect.
        call: The call.
        error: How the service has refused it.
    """
    if not call.form or not isinstance(error, errors.BadRequestError | errors.ServerError):
        return None
    if isinstance(error, errors.ContextLengthError | errors.ContentRefusedError):
        return None
    if not _REFUSES.search(error.message):
        return None
    after = [form for form in dialect.schema_forms if FORMS.index(form) > FORMS.index(call.form)]
    schema = call.ask.options["schema"]
    return _in_form(dialect, call, schema, after[0]) if after else None


def worded(dialect: Structured, call: Call) -> Call:
    """The same call with the schema in words alone; itself where no data are wanted.

    Args:
        dialect: The dialect.
        call: The call.
    """
    schema = call.ask.options.get("schema")
    return call if schema is None or call.form == "words" else _in_form(dialect, call, schema, "words")


def adapted(dialect: Structured, call: Call) -> Adapted:
    """The schema of a call as a dialect takes it.

    Args:
        dialect: The dialect.
        call: A call that has one.
    """
    return adapt(call.ask.options["schema"], dialect.schema_subset)


def in_words(messages: Messages, schema: Mapping[str, Any]) -> tuple[Message, ...]:
    """Messages with words at their end that ask for data, unless they have them.

    Args:
        messages: The messages.
        schema: The JSON schema that the answer is to fit; an empty one for any JSON.
    """
    checked = normalize(messages)
    words = instruction(schema)
    last = max((place for place, one in enumerate(checked) if one.role == "user"), default=None)
    if last is None:
        return (*checked, Message("user", words))
    one = checked[last]
    if words in one.text or (schema and as_text(schema) in one.text):
        return checked
    text = isinstance(one.content, str)
    content = f"{one.content}\n\n{words}" if text else (*one.parts, TextPart(f"\n\n{words}"))
    return (*checked[:last], msgspec.structs.replace(one, content=content), *checked[last + 1 :])


def has_place(provider: Any) -> bool:
    """Whether a provider has a place for a schema; the others are told in words.

    Args:
        provider: A provider.
    """
    return "schema" in getattr(provider, "options", ())


def _takes(dialect: Structured, call: Call, schema: Mapping[str, Any]) -> bool:
    """Whether a schema has a place in a request to a model."""
    if not schema or known_facts(call.model).schema is False:
        return False
    return adapt(schema, dialect.schema_subset).schema is not None


def _in_form(dialect: Structured, call: Call, schema: Mapping[str, Any], form: str) -> Call:
    if form == "schema":
        return replace(call, form=form)
    told = adapt(schema, dialect.schema_subset).asked
    ask = replace(call.ask, messages=in_words(call.ask.messages, told))
    return replace(call, ask=ask, form=form)
