"""Prices that the user has written down, in a file or a setting."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import msgspec

from ..errors import ConfigurationError, InvalidOptionError
from ..events import Usage

NAME = "prices.toml"

_MOST = 1_000_000.0
_PER = 1_000_000
_FORM = '{"openai:gpt-6-*": {"input": 0.2, "output": 0.75}}'


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model costs, in US dollars for a million tokens.

    Attributes:
        input: Of the prompt.
        output: Of the answer, the reasoning included.
        cached: Of what the service reads from its cache; ``None`` for the price of the prompt.
        written: Of what is written into that cache; ``None`` for the price of the prompt.
        written_1h: Of what is kept there for an hour; ``None`` for the same as ``written``.
        audio_input: Of sound in the prompt; ``None`` for the price of the prompt.
        audio_output: Of sound in the answer; ``None`` for the price of the answer.
    """

    input: float
    output: float
    cached: float | None = None
    written: float | None = None
    written_1h: float | None = None
    audio_input: float | None = None
    audio_output: float | None = None

    def amount(self, usage: Usage) -> float | None:
        """What a request costs, in US dollars; ``None`` where its tokens are not known.

        Args:
            usage: The tokens.
        """
        given, out = usage.input_tokens, usage.output_tokens
        if given is None or out is None:
            return None
        written = self.input if self.written is None else self.written
        parts = (
            (usage.cached_tokens, self.cached),
            (usage.cache_write_1h_tokens, written if self.written_1h is None else self.written_1h),
            (_less(usage.cache_write_tokens, usage.cache_write_1h_tokens), written),
            (usage.audio_input_tokens, self.audio_input),
        )
        total = 0.0
        for tokens, price in parts:  # what is a part of the input cannot be more than there is of it
            some = min(tokens or 0, given) if price is not None else 0
            total += some * (price or 0.0)
            given -= some
        heard = min(usage.audio_output_tokens or 0, out) if self.audio_output is not None else 0
        total += given * self.input + (out - heard) * self.output + heard * (self.audio_output or 0.0)
        return total / _PER


Prices = Mapping[str, Price]
"""Prices by the names of models: ``provider:model``, or the model's name alone, with ``*`` for anything."""


def _less(whole: int | None, part: int | None) -> int:
    return max((whole or 0) - (part or 0), 0)


def checked(given: object) -> dict[str, Price]:
    """Prices as somebody has written them.

    Args:
        given: The prices of each model by their names, by the models' names.

    Raises:
        InvalidOptionError: It says what is wrong, and of which model.
    """
    if not isinstance(given, Mapping):
        raise InvalidOptionError("prices must be a dict", hint=f"Such as {_FORM}.")
    return {str(name): _price(str(name), values) for name, values in given.items()}


def _price(name: str, values: object) -> Price:
    if isinstance(values, Price):
        return values
    try:
        price = msgspec.convert(dict(values) if isinstance(values, Mapping) else values, Price)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        raise InvalidOptionError(
            f"the price of {name!r:.100} is not usable: {str(error)[:200]}",
            hint="It has input and output, in US dollars for a million tokens, and may have cached, written,"
            " written_1h, audio_input and audio_output.",
        ) from None
    for field, value in msgspec.structs.asdict(price).items():
        if value is not None and not (math.isfinite(value) and 0 <= value <= _MOST):
            raise InvalidOptionError(f"the price of {name!r:.100} has a {field} that is no price: {value!r}")
    return price


def found(model: str, prices: Prices) -> Price | None:
    """The price of a model: that under its name, or else under the first pattern that fits it.

    Args:
        model: The model, as ``provider:model``.
        prices: The prices.
    """
    name = model.casefold()
    own = name.partition(":")[2]
    for exactly in (True, False):
        for pattern, price in prices.items():
            wanted = pattern.casefold()
            tried = name if ":" in wanted or not own else own
            if tried == wanted if exactly else fnmatchcase(tried, wanted):
                return price
    return None


def place() -> Path:
    """The file: in ``NOTEBOOK_CHAT_HOME``, else in the user's folder for settings."""
    named = os.environ.get("NOTEBOOK_CHAT_HOME")
    if named:
        return Path(named).expanduser() / NAME
    import platformdirs

    return platformdirs.user_config_path("notebook_chat", appauthor=False) / NAME


def of_file() -> Prices:
    """The prices in the user's file; none where there is no file.

    Raises:
        ConfigurationError: It cannot be read, or holds something else.
    """
    path = place()
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RuntimeError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or str(error)) from None
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, changed: int, size: int) -> Prices:
    import tomllib

    try:
        return checked(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _unusable(path, str(error)) from None
    except InvalidOptionError as error:
        raise _unusable(path, error.message, error.hint or "") from None


def _unusable(path: Path, words: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(f"the prices in {path} cannot be used: {words[:300]}", hint=hint)
