"""Failures of code from elsewhere that was handed a key: what is kept of them."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

from .. import errors, faults

_KINDS: Mapping[str, type[errors.ChatError]] = {
    "RateLimitError": errors.RateLimitError,
    "MissingAuthError": errors.AuthenticationError,
    "ModelNotFoundError": errors.ModelNotFoundError,
    "PaymentRequiredError": errors.QuotaError,
    "MissingRequirementsError": errors.MissingDependencyError,
}
"""The nearest class of our tree for an exception of g4f's, by its name."""


def translated(error: Exception, name: str) -> errors.ChatError:
    """An error of the project's tree in the place of somebody else's, without its frames: their variables may hold a
    key in clear. Where it was raised is said.

    Args:
        error: What was raised.
        name: The provider's name.
    """
    kind = _KINDS.get(type(error).__name__, errors.ProviderError)
    return kind(f"{type(error).__name__}: {faults.words(error)}{_place(error)}", provider=name)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
