"""What each service takes of JSON schema, by its documentation."""

from __future__ import annotations

from dataclasses import dataclass

_ALL_BOUNDS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})


@dataclass(frozen=True, slots=True)
class Subset:
    """The part of JSON schema that a service takes.

    Attributes:
        name: What it is called.
        object_root: Whether the whole must be an object; what is none is asked for as its ``value``.
        closed: Whether objects may have no properties but their own.
        all_required: Whether all properties must be there; those that may stay out are then ``null``.
        pairs: Whether an object with any keys must be asked for as a list of keys with their values.
        typed: Whether each value must have a type.
        plain: Whether what the service does not have is to be taken out: combinations but ``anyOf``, keywords that are
            none of ``keywords``, references with something beside them.
        keywords: The bounds on values that it has.
        formats: The formats that it has.
        anchored: Whether a pattern must begin with ``^`` and end with ``$``.
        boolean_values: Whether an enumeration may have ``true`` and ``false`` among its values.
        few_items: Whether the only bound on a list's length is that it is not empty.
        recursive: Whether a schema may refer to itself.
        most_properties, most_levels, most_values, most_characters: How many properties, objects within objects, values
            of enumerations, and characters of names and enumerations it may have; ``None`` for no bound.
        lenient: Whether the service takes a schema beyond this, too, and then only tries to keep to it.
    """

    name: str
    object_root: bool = False
    closed: bool = False
    all_required: bool = False
    pairs: bool = False
    typed: bool = False
    plain: bool = False
    keywords: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    anchored: bool = False
    few_items: bool = False
    boolean_values: bool = True
    recursive: bool = True
    most_properties: int | None = None
    most_levels: int | None = None
    most_values: int | None = None
    most_characters: int | None = None
    lenient: bool = False


OPENAI = Subset(
    "OpenAI's strict schemas",
    object_root=True,
    closed=True,
    all_required=True,
    pairs=True,
    typed=True,
    plain=True,
    keywords=_ALL_BOUNDS | {"pattern", "format"},
    formats=_FORMATS,
    most_properties=5000,
    most_levels=10,
    most_values=1000,
    most_characters=120_000,
    lenient=True,
)
"""``strict: true`` at OpenAI, and what servers understand that speak its dialects."""

GROQ = Subset(
    "Groq's strict schemas",
    object_root=True,
    closed=True,
    all_required=True,
    pairs=True,
    typed=True,
    plain=True,
    keywords=frozenset({"minimum", "maximum", "minItems", "maxItems"}),
    recursive=False,
    most_levels=10,
    lenient=True,
)
"""``strict: true`` at Groq: what its documentation has in common with OpenAI's."""

ANTHROPIC = Subset(
    "Anthropic's schemas",
    object_root=True,
    closed=True,
    pairs=True,
    typed=True,
    plain=True,
    keywords=frozenset({"minItems", "format"}),
    formats=_FORMATS | {"uri"},
    few_items=True,
    recursive=False,
)
"""``output_config.format`` at Anthropic."""

GEMINI = Subset(
    "Gemini's schemas",
    pairs=True,
    typed=True,
    plain=True,
    keywords=frozenset({"minimum", "maximum", "minItems", "maxItems", "format"}),
    formats=frozenset({"date-time", "date", "time"}),
    boolean_values=False,
)
"""``responseJsonSchema`` at Gemini. Its older models answer objects with any keys with empty ones."""

LLAMA = Subset(
    "llama.cpp's grammars",
    plain=True,
    keywords=frozenset(
        {
            *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
            *("minItems", "maxItems", "minLength", "maxLength", "pattern", "format"),
        }
    ),
    formats=frozenset({"date-time", "date", "time", "uuid"}),
    anchored=True,
)
"""What llama.cpp makes a grammar of, and Ollama with it."""

FUNCTIONS = Subset(
    "the arguments of functions",
    object_root=True,
    plain=True,
    keywords=_ALL_BOUNDS | {"minLength", "maxLength", "pattern", "format"},
    formats=_FORMATS | {"uri"},
)
"""What services that speak OpenAI's dialects take of the arguments of functions, where they are not to keep to them
strictly: nothing must be closed or required."""

JSON_MODE = Subset("an object of JSON", object_root=True)
"""Services that promise an object of JSON and no schema: they are told the schema in words."""

LOOSE = Subset("any schema")
"""Whoever is told the schema in words: nothing is changed."""

SUBSETS = {
    "openai": OPENAI,
    "groq": GROQ,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "llama": LLAMA,
    "json": JSON_MODE,
    "loose": LOOSE,
}
"""The subsets by the names that data can have them by."""
