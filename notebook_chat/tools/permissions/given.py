"""What a caller may give as ``permit``, and what becomes of it."""

from __future__ import annotations

from typing import Any

from ...errors import ConfigurationError, InvalidOptionError
from ...policy import in_force
from ...session import session
from ..confirmation import Confirmer
from ..permit import Asking, PendingCall, Permit, Verdict
from ..tool import Tell
from .confirmers import FunctionConfirmer, LineConfirmer, here
from .permissions import Permissions
from .rules import pattern_of, subject_of


class Guarded:
    """Somebody else's permit, within the policy of the machine.

    Args:
        permit: Who decides.
    """

    def __init__(self, permit: Permit) -> None:
        self._permit = permit
        self._own = Permissions()

    def asking(self, confirmer: Confirmer) -> Guarded:
        """The same, with the user asked by somebody else, where the permit asks at all."""
        permit = self._permit
        return Guarded(permit.asking(confirmer)) if isinstance(permit, Asking) else self

    async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
        """What is to become of a call."""
        try:
            policy = in_force()
            subject = subject_of(call.tool, call.arguments)
            policy.check_call(subject, call.tool.home)
            most = policy.budget.calls
            if most is not None and self._own.grants.count(call.conversation) > most:
                raise policy.refusal(f"more than {most} calls of tools in one answer may not be run")
            if any(pattern_of(one).touches(subject) for one in policy.tools.ask):
                raise policy.refusal(f"{call.tool.name} must be asked about, and a program decides here")
        except ConfigurationError as error:
            return Verdict(False, words=str(error))
        verdict = await self._permit.decide(call, tell)
        if verdict.allowed and verdict.arguments is not None:
            try:
                policy.check_call(subject_of(call.tool, verdict.arguments), call.tool.home)
            except ConfigurationError as error:
                return Verdict(False, words=str(error))
        return verdict


def permit_of(given: Any) -> Permit:
    """Who decides about calls, as a caller says.

    Args:
        given: ``"ask"`` to be asked in the notebook or the terminal; a function that takes a ``Confirmation`` and says
            ``True`` or ``False``; or a ``Permit``.

    Raises:
        InvalidOptionError: It is none of these.
    """
    if isinstance(given, (Permissions, Guarded)):
        return given
    if given == "ask":
        return _asking(LineConfirmer(here), "run it in a terminal or a cell, or give a function: permit=")
    if not isinstance(given, type) and callable(getattr(given, "decide", None)):
        return Guarded(given)
    if callable(given) and not isinstance(given, type):
        return _asking(FunctionConfirmer(given))
    raise InvalidOptionError(
        f"permit must be 'ask', a function or a Permit, not {given!r:.80}",
        hint="A function takes the call that is asked about, and gives True or False.",
    )


def _asking(confirmer: Confirmer, way: str = "") -> Permissions:
    """Permissions with somebody who asks; in a notebook its own, with its rules and what is private in it."""
    loaded = session()
    own = loaded.permit() if loaded is not None and loaded.permit is not None else None
    if isinstance(own, Permissions):
        return own.asking(confirmer)
    return Permissions(confirmer, way=way) if way else Permissions(confirmer)
