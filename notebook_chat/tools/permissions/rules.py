"""Rules about tools, and the calls that they hold for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec

from ...policy import Pattern, Subject, canonical
from ..tool import Tool

Action = Literal["allow", "ask", "deny"]
"""What a rule has done with a call. Where several hold, ``deny`` counts before ``ask`` and that before ``allow``."""

Match = Literal["", "holds", "changed", "elsewhere"]
"""Whether a rule holds for a call: not at all; yes; only for the tool as it was; only for one of another home."""

NO_DIGEST = "-"
"""What stands for arguments that have none, since they are no JSON: no rule holds for them."""


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which tool a rule was made for.

    Attributes:
        kind, server, name: As in ``Tool``.
        home: A digest of what it belongs to: that may hold a password.
        digest: As in ``Tool``.
    """

    kind: str
    server: str
    name: str
    home: str
    digest: str

    @classmethod
    def of(cls, tool: Tool) -> Identity:
        """That of a tool."""
        return cls(tool.kind, tool.server, tool.name, home_of(tool), tool.digest)


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule.

    Attributes:
        action: What becomes of a call.
        pattern: Which calls it means, as ``policy.Pattern`` reads it.
        identity: The one tool that it means, as that was then; ``None`` for any tool, in any version.
        home: A digest of what the tools must belong to; ``""`` for anything.
        exact: A digest of the arguments that it holds for; ``""`` for any that the pattern means.
        shown: Those arguments, for the list.
    """

    action: Action
    pattern: str
    identity: Identity | None = None
    home: str = ""
    exact: str = ""
    shown: str = ""

    def match(self, tool: Tool, call: Subject) -> Match:
        """Whether it holds for a call.

        Args:
            tool: The tool.
            call: The call.
        """
        pattern = pattern_of(self.pattern)
        if self.action != "allow":
            return "holds" if pattern.touches(call) else ""
        if not pattern.admits(call) or (self.exact and not self._is_exact(call)):
            return ""
        if self.identity is not None:
            now = Identity.of(tool)
            if (now.kind, now.server, now.name) != (
                self.identity.kind,
                self.identity.server,
                self.identity.name,
            ):
                return ""
            if now.home != self.identity.home:
                return "elsewhere"
            return "holds" if now.digest == self.identity.digest else "changed"
        return "elsewhere" if self.home and self.home != home_of(tool) else "holds"

    def _is_exact(self, call: Subject) -> bool:
        """Whether a call has the very arguments."""
        return self.exact == digest_of(call.arguments) != NO_DIGEST


@lru_cache(maxsize=1024)
def pattern_of(text: str) -> Pattern:
    """A pattern, read once.

    Raises:
        InvalidOptionError: It is none.
    """
    return Pattern.read(text)


def subject_of(tool: Tool, arguments: Mapping[str, Any]) -> Subject:
    """A call, as rules see it."""
    return Subject(tool.name, tool.kind, tool.server, tool.original or tool.name, arguments)


def home_of(tool: Tool) -> str:
    """A digest of what a tool belongs to."""
    return hashlib.sha256(tool.home.encode("utf-8", "replace")).hexdigest()[:32]


def digest_of(arguments: Mapping[str, Any]) -> str:
    """A digest of arguments, in which no two are alike; ``NO_DIGEST`` for what is no JSON."""
    try:
        return hashlib.sha256(canonical(dict(arguments)).encode()).hexdigest()[:32]
    except (ValueError, RecursionError):
        return NO_DIGEST
