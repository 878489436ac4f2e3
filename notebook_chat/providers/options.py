"""The options of a request: their names and types, as an editor completes them, and the one place that checks them."""

from __future__ import annotations

import re
import ssl as tls
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from .. import environment
from ..attempts import RetryPolicy
from ..errors import InvalidOptionError
from ..files import check_named
from ..messages import Message, Messages, normalize
from ..pace import NO_PACE, Pace, pace_of
from ..policy import in_force
from ..request import Timeouts
from ..schemas.json_schema import checked as checked_schema
from ..secrets import Fields, Secret, held_header
from ..tool_spec import ToolSpec, is_name, specs_of
from ..transport import Transport

# --- names and types ------------------------------------------------------------------------------------


class GenerationOptions(TypedDict, total=False):
    """The options that shape an answer. Each dialect says in ``options`` which of them it has a place for.

    Attributes:
        temperature: How freely words are chosen, from 0 to 2.
        top_p: The share of the likeliest words to choose from, from 0 to 1.
        max_tokens: The longest answer, in tokens.
        seed: A number that makes the choice of words repeatable, where the service can.
        stop: A text, or several, at which the answer ends.
    """

    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    seed: int | None
    stop: str | Sequence[str] | None


class AskOptions(GenerationOptions, total=False):
    """The options that decide what is asked.

    Attributes:
        system: The system prompt.
        extra_body: Further fields of the request's body, which win over those of the dialect.
        schema: The JSON schema that the answer is to fit; an empty one for any JSON.
        effort: How hard to think: one of ``EFFORTS``, or how many tokens at most.
        web: Whether the service is to search the web by itself.
        tools: What the model may call: ``ToolSpec``s, or dicts with ``name``, ``description`` and ``parameters``. The
            calls are among the answer's parts; whoever asks has them run.
        tool_choice: Whether it may (``auto``), must (``required``) or must not (``none``) call tools, or the name of
            the one that it must call. Services that have no place for it may do otherwise.
    """

    system: str | None
    extra_body: Mapping[str, Any] | None
    schema: Mapping[str, Any] | None
    effort: str | int | None
    web: bool | None
    tools: Sequence[Any] | None
    tool_choice: str | None


class ConnectionOptions(TypedDict, total=False):
    """The options of the way to a service. They do not change what is asked, and are kept with no turn.

    Attributes:
        base_url: Where the service lives, such as ``http://localhost:8000/v1``.
        api_key: The key; else that of the environment or of the system's keyring.
        headers: Further headers, which win over those of the dialect.
        timeout: How long the whole answer may take, in seconds; or ``Timeouts``.
        retries: How often to ask again after a failure that may pass; or a ``RetryPolicy``.
        ssl: A context, or the file of a certificate authority; ``False`` to trust any certificate.
        transport: What sends the request, in place of the network.
        max_characters: The largest answer that is taken, in characters of text, reasoning and arguments; it ends there.
        pace: How fast the service may be asked: a text such as ``"60 requests / minute, 4 at once"``, or a dict of such
            texts by provider or ``provider:model``.
    """

    base_url: str | None
    api_key: str | Secret | None
    headers: Mapping[str, str] | None
    timeout: float | Timeouts | None
    retries: int | RetryPolicy | None
    ssl: tls.SSLContext | str | PathLike[str] | bool | None
    transport: Transport | None
    max_characters: int | None
    pace: str | Mapping[str, str] | Pace | None


class ProviderOptions(AskOptions, ConnectionOptions, total=False):
    """All common options but ``proxy``, which ``create_async_generator`` has as a parameter of its own."""


class RequestOptions(ProviderOptions, total=False):
    """All common options.

    Attributes:
        proxy: The address of an HTTP proxy, such as ``http://user:password@host:port``.
    """

    proxy: str | Secret | None


class RunOptions(GenerationOptions, ConnectionOptions, total=False):
    """The options of one answer in a conversation, which has the system prompt.

    Attributes:
        extra_body, effort, web, tool_choice: As in ``AskOptions``.
        proxy: As in ``RequestOptions``.
    """

    extra_body: Mapping[str, Any] | None
    effort: str | int | None
    web: bool | None
    tool_choice: str | None
    proxy: str | Secret | None


class ChatOptions(RunOptions, total=False):
    """The options of a ``Chat``.

    Attributes:
        schema: The data that the answer is to be: a class, a type such as ``list[Person]``, a JSON schema, or fields in
            short, such as ``"name, age int"``.
    """

    schema: Any


class TurnOptions(ChatOptions, total=False):
    """The options of one turn of a ``Chat``.

    Attributes:
        model: Another model for this turn alone, as ``provider:model``.
        cell: The notebook cell that the turn belongs to; ``""`` for none, also where one runs now.
        system: The system prompt from this turn on; ``""`` for none, ``None`` for no change.
        fresh: Whether to start over: the turns before are not sent.
        replaces: The id of a turn that is asked anew, in its place.
        images: Images to go with the prompt: paths, bytes, ``data:`` URLs, Pillow images, matplotlib figures.
        files: Files to go with the prompt: paths, patterns such as ``data/*.csv``, addresses, bytes, open files.
        file_tokens: How much of each file is sent at most, in tokens.
        values: The variables that the prompt may name as ``{name}``; without it, braces mean nothing.
        context: The cells of the notebook that the prompt is about: how many above the one that asks, ``"all"``,
            ``"In[2:5]"`` (without 5) and the like, or a ``range`` of their numbers.
        wait: Whether to wait for another answer that is coming in the conversation, and not to refuse.
        tools: What the model may have run, beside the tools of the chat; an empty list for none at all.
        replay: How answers from before are used for this turn, as in ``Chat``.
        record: The file that answers are written down in and looked for, as in ``Chat``.
        over_budget: Whether it may pass the user's budgets, once; not that of the machine's policy.
    """

    replay: str | None
    record: str | PathLike[str] | None
    model: str | None
    cell: str | None
    system: str | None
    fresh: bool
    replaces: str | None
    images: Sequence[Any]
    files: Sequence[Any]
    file_tokens: int | None
    values: Mapping[str, Any] | None
    context: int | str | Sequence[int] | slice | None
    wait: bool
    tools: Sequence[Any] | None
    over_budget: bool


MAX_CHARACTERS = 4_000_000
"""The largest answer that is taken where nothing else is said, in characters: several times what the models that write
most can write at once."""

CONNECTION = frozenset({*ConnectionOptions.__annotations__, "proxy"})
"""The names of the options of the way to a service."""

COMMON = CONNECTION | {"system", "extra_body", "schema"}
"""The names of the options that every provider takes, besides those it has in ``options``."""


# --- checks ---------------------------------------------------------------------------------------------

Check = Callable[[str, Any], Any]
"""What gives an option's value in its checked form, from its name and what the caller gave."""

_LONGEST_WAIT = 1e9  # seconds, which are thirty years
_GREATEST = (1 << 63) - 1  # that every reader of JSON has as a whole number

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, RFC 9110, 5.6.2


def _shown(value: Any) -> str:
    """A value that is refused, as an error shows it: it may be of any size, and its own methods may fail."""
    try:
        text = repr(value)
    except Exception:
        return type(value).__name__
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_SHOWN = 80  # characters


def number(low: float, high: float) -> Check:
    """The check for a number in a range.

    Args:
        low: The least value.
        high: The greatest value.
    """

    def check(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise InvalidOptionError(f"{name} must be a number from {low:g} to {high:g}, not {_shown(value)}")
        return float(value)  # 0 and 0.0 ask for the same

    return check


def integer(low: int | None = None) -> Check:
    """The check for a whole number.

    Args:
        low: The least value; ``None`` for no bound.
    """

    def check(name: str, value: Any) -> int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not (-_GREATEST if low is None else low) <= value <= _GREATEST:
            bound = "" if low is None else f", {low} or more"
            raise InvalidOptionError(f"{name} must be a whole number{bound}, not {_shown(value)}")
        return int(value)

    return check


def _stop(name: str, value: Any) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) and word for word in words):
        raise InvalidOptionError(f"{name} must be a text or a list of texts, not {_shown(value)}")
    return tuple(words)


def check_text(name: str, value: Any) -> str:
    """A text.

    Raises:
        InvalidOptionError: It is none.
    """
    if not isinstance(value, str):
        raise InvalidOptionError(f"{name} must be a text, not {type(value).__name__}")
    return value


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidOptionError(f"{name} must be a dict with names as keys, not {type(value).__name__}")
    return dict(value)


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""How hard a model can be asked to think, in order. Each service is asked for the nearest that it has."""


def check_schema(value: Any) -> dict[str, Any]:
    """The ``schema`` option: a JSON schema."""
    if not isinstance(value, Mapping):
        raise InvalidOptionError(
            f"a provider takes a schema as JSON schema, and not as {type(value).__name__}",
            hint="Chat takes classes, too.",
        )
    return checked_schema(value)


def _schema(name: str, value: Any) -> dict[str, Any]:
    return check_schema(value)


def _effort(name: str, value: Any) -> str | int:
    if isinstance(value, str) and value in EFFORTS:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _GREATEST:
        return value
    raise InvalidOptionError(
        f"{name} must be one of {', '.join(EFFORTS)}, or a number of tokens, not {_shown(value)}"
    )


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidOptionError(f"{name} must be True or False, not {_shown(value)}")
    return value


GENERATION: dict[str, Check] = {
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "max_tokens": integer(1),
    "seed": integer(),
    "stop": _stop,
}
"""The checks of the options that shape an answer."""

FRACTIONS = frozenset({"temperature", "top_p"})
"""The names of those that are no whole numbers."""


def _tools(name: str, value: Any) -> tuple[ToolSpec, ...]:
    return specs_of(value)


def _tool_choice(name: str, value: Any) -> str:
    if isinstance(value, str) and (value in TOOL_CHOICES or is_name(value)):
        return value
    raise InvalidOptionError(
        f"{name} must be one of {', '.join(TOOL_CHOICES)}, or the name of a tool, not {_shown(value)}"
    )


TOOL_CHOICES = ("auto", "required", "none")
"""What a model may be told of whether to call tools, besides the name of the one to call."""

ABILITIES: dict[str, Check] = {
    "schema": _schema,
    "effort": _effort,
    "web": _switch,
    "tools": _tools,
    "tool_choice": _tool_choice,
}
"""The checks of the options that ask for what not every service can. A dialect that has a place for one names it in its
``options``, and makes fields of it by itself."""

REMEMBERED = (*GENERATION, "schema", "effort", "web")
"""The names of the options that shape an answer, which its turn remembers."""

MISSING = {
    "effort": (
        "cannot be told how hard to think",
        "Leave it out, or ask a model of openai, anthropic, gemini, openrouter or ollama that thinks.",
    ),
    "web": (
        "does not search the web",
        "Leave it out, or ask a model of openai, anthropic, gemini, openrouter, groq, xai or perplexity.",
    ),
    "tools": (
        "cannot call tools",
        "Leave them out, or ask a model of openai, anthropic, gemini or ollama that can.",
    ),
    "tool_choice": ("cannot call tools", "Leave tool_choice out."),
}
"""What is said of a provider, or a model, that cannot do what one of these options asks for, and who can."""


def check_known(
    provider: str, options: Mapping[str, Any], known: frozenset[str], checks: Mapping[str, Check]
) -> None:
    """Refuses options that a provider has no place for, and values out of range.

    Args:
        provider: The provider's name.
        options: The options by name.
        known: The options it has a place for besides the common ones.
        checks: The checks of its options' values.

    Raises:
        InvalidOptionError: It says which option is wrong, and which there are.
    """
    known = known | COMMON
    for option, value in options.items():
        if option not in known and option in MISSING:
            if not value:
                continue  # it is not asked for
            words, hint = MISSING[option]
            raise InvalidOptionError(f"{provider} {words}", hint=hint)
        if option not in known:
            raise InvalidOptionError(
                f"{provider} has no option {option!r}", hint=f"It has {', '.join(sorted(known))}."
            )
        if value is not None and (check := checks.get(option) or ABILITIES.get(option)):
            check(option, value)
    pace_of(options.get("pace"))


def check_ask(options: Mapping[str, Any], checks: Mapping[str, Check]) -> dict[str, Any]:
    """The options that decide an answer, in their checked form.

    Args:
        options: All options by name. Those without a check and those that are ``None`` are passed over.
        checks: The checks of the options that shape an answer.

    Raises:
        InvalidOptionError: A value is of the wrong type or out of range.
    """
    checks = {**checks, **ABILITIES}
    checked = {name: check(name, options[name]) for name, check in checks.items() if given(options, name)}
    if given(options, "extra_body"):
        checked["extra_body"] = Fields(_mapping("extra_body", options["extra_body"]))
    return checked


def given(options: Mapping[str, Any], name: str) -> bool:
    """Whether an option is there and not ``None``."""
    return options.get(name) is not None


def check_messages(messages: Messages, system: Any = None) -> tuple[Message, ...]:
    """The messages in one form, with ``system`` as the first of them where it is given."""
    checked = normalize(messages)
    if system is None or not check_text("system", system).strip():
        return checked
    return (Message("system", system), *checked)


def check_timeouts(timeout: Any) -> Timeouts:
    """The bounds on time from the ``timeout`` option: seconds for the whole answer, all of which may be silence, or
    ``Timeouts``."""
    if timeout is None:
        return Timeouts()
    if isinstance(timeout, Timeouts):
        for name in ("connect", "idle", "total"):
            if (bound := getattr(timeout, name)) is not None and not _is_duration(bound):
                raise InvalidOptionError(f"timeout: {name} must be a number above 0, not {_shown(bound)}")
        return timeout
    if not _is_duration(timeout):
        raise InvalidOptionError(f"timeout must be a number of seconds above 0, or Timeouts, not {timeout!r}")
    return Timeouts(idle=timeout, total=timeout)


def _is_duration(value: Any) -> bool:
    """Whether it is a number of seconds that a clock can wait."""
    return not isinstance(value, bool) and isinstance(value, (int, float)) and 0 < value <= _LONGEST_WAIT


def check_proxy(value: Any) -> Secret | None:
    """The ``proxy`` option: an address, empty for no proxy at all. Whether it can be used is seen where a request is
    sent."""
    if value is not None and not isinstance(value, (str, Secret)):
        raise InvalidOptionError(
            f"proxy must be a text, not {type(value).__name__}", hint="Give one such as http://host:port."
        )
    return None if value is None else Secret(value)


def check_model(value: Any) -> str:
    """A model's name."""
    if not isinstance(value, str):
        raise InvalidOptionError(f"model must be a text, not {type(value).__name__}")
    return value


def remaining(timeout: Any, seconds: float) -> Any:
    """The ``timeout`` option for what is left to do.

    Args:
        timeout: The option, as the caller gave it.
        seconds: How long it has taken so far.
    """
    if timeout is None:
        return None
    left = check_timeouts(timeout).after(seconds)
    return left if isinstance(timeout, Timeouts) else left.total


PACE_VARIABLE = "NOTEBOOK_CHAT_PACE"
"""The variable of the environment that says how fast services may be asked, where nobody else does."""


def pace_from(option: Any) -> Pace:
    """How fast a service may be asked, as the ``pace`` option says or else the environment, and the machine's policy.

    Args:
        option: The option; ``None`` where there is none.

    Raises:
        ConfigurationError: It is not understood.
    """
    given = NO_PACE
    if option is not None:
        given = pace_of(option)
    elif (found := environment.find(PACE_VARIABLE)) is not None:
        try:
            given = pace_of(found.value)
        except InvalidOptionError as error:
            raise InvalidOptionError(f"{PACE_VARIABLE}: {error.message}", hint=error.hint) from None
    return given + in_force().paced


def check_size(value: Any) -> int:
    """The ``max_characters`` option: how large an answer may become, in characters."""
    return MAX_CHARACTERS if value is None else int(integer(1)("max_characters", value))


def check_ssl(value: Any) -> tls.SSLContext | bool:
    """The ``ssl`` option: a context, the file of a certificate authority, or ``False`` to trust anyone."""
    if value is None or isinstance(value, (bool, tls.SSLContext)):
        return True if value is None else value
    try:
        check_named(value)
        return tls.create_default_context(cafile=Path(value))
    except (OSError, TypeError, ValueError) as error:
        raise InvalidOptionError(f"ssl must be a context or a file of certificates: {error}") from None


def check_transport(value: Any) -> Transport | None:
    """The ``transport`` option: what sends requests in place of the network."""
    if value is not None and not isinstance(value, Transport):
        raise InvalidOptionError(f"transport must have a method send(request), not {type(value).__name__}")
    return value


def check_headers(headers: Any) -> dict[str, Secret]:
    """The ``headers`` option, its values held as secrets."""
    checked = _mapping("headers", headers or {})
    for name, value in checked.items():
        if not isinstance(value, (str, Secret)):
            raise InvalidOptionError(f"the header {name} must be a text, not {type(value).__name__}")
        if not _HEADER_NAME.fullmatch(name) or not Secret(value).reveal().isprintable():
            raise InvalidOptionError(f"the header {_shown(name)} has a character that no header may have")
    return {name: held_header(name, value) for name, value in checked.items()}
