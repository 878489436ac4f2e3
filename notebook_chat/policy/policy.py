"""The policy of a machine: one file that an administrator writes, and that no notebook can loosen."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from .. import files
from ..errors import ConfigurationError, InvalidOptionError
from ..pace import NO_PACE, Pace, pace_of
from .limits import limits_of
from .patterns import Pattern, Subject
from .places import is_address, is_at, is_command
from .wildcards import narrowly, widely

_LARGEST = 1_000_000  # bytes of the file
_Count = Annotated[int, msgspec.Meta(ge=0)]
_HINT = "Ask whoever looks after this machine."


class Models(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may be asked.

    Attributes:
        allow: Patterns of ``provider:model``; where there are any, nobody else may.
        deny: Patterns of those who may not, whatever is allowed.
        addresses: Where requests may go; where there are any, nowhere else.
    """

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    addresses: tuple[str, ...] | None = None


class Tools(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which tools may be run.

    Attributes:
        allow, ask, deny: Patterns, as ``%chat tools`` takes them.
        function, notebook, edit, run, mcp: Whether there may be tools of that kind at all.
    """

    allow: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    function: bool = True
    notebook: bool = True
    edit: bool = True
    run: bool = True
    mcp: bool = True


class Servers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which MCP servers may be used; no others where this is given.

    Attributes:
        commands: The commands that start them.
        urls: Their addresses.
    """

    commands: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much may be used.

    Attributes:
        rounds: How often results of tools are given back in one ask.
        calls: How many calls are run in one ask.
        max_tokens: How long an answer may be, in tokens.
        spending: What each user may use, as ``limits_of`` takes it: ``20 USD / month, 5 USD / day for openai:*``.
    """

    rounds: _Count | None = None
    calls: _Count | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    spending: str | None = None


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for all notebooks of a machine.

    Attributes:
        models, tools, servers, budget: As in the tables of the file.
        pace: How fast may be asked, by provider or ``provider:model``.
        source: The file; ``""`` where there is none.
    """

    models: Models = Models()
    tools: Tools = Tools()
    servers: Servers | None = None
    budget: Budget = Budget()
    pace: Mapping[str, str] = msgspec.field(default_factory=dict)
    source: str = ""

    @property
    def paced(self) -> Pace:
        """How fast may be asked, whatever a notebook or a program says."""
        return pace_of(self.pace) if self.pace else NO_PACE

    @property
    def names_providers(self) -> bool:
        """Whether it says who may be asked, for which a provider must be who it says."""
        return self.models.allow is not None or self.models.addresses is not None

    def check_model(self, name: str, address: str | None) -> None:
        """Refuses who may not be asked.

        Args:
            name: ``provider:model``.
            address: Where the request goes; ``""`` where that is not known, ``None`` for nowhere.

        Raises:
            ConfigurationError: The model or the address is not allowed here.
        """
        models = self.models
        if any(widely(pattern, name) for pattern in models.deny) or (
            models.allow is not None and not any(narrowly(pattern, name) for pattern in models.allow)
        ):
            raise self.refusal(f"{name} may not be asked")
        if address is None or models.addresses is None:
            return
        if not any(is_at(address, allowed) for allowed in models.addresses):
            raise self.refusal(
                f"{name} is at {address or 'an address that is not known'}, which may not be asked"
            )

    def within_budget(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options of a request, with the longest answer that is allowed.

        Raises:
            ConfigurationError: They ask for more.
        """
        most = self.budget.max_tokens
        if most is None:
            return dict(options)
        asked = options.get("max_tokens")
        if isinstance(asked, int) and asked > most:
            raise self.refusal(f"max_tokens is {asked:,}, and at most {most:,} are allowed")
        if field := _bound_in(options.get("extra_body")):
            raise self.refusal(f"the field {field[:80]!r} of the request may not be set beside max_tokens")
        return {**options, "max_tokens": asked if asked is not None else most}

    def check_server(self, home: str) -> None:
        """Refuses an MCP server that may not be used.

        Args:
            home: Its address, or the command that starts it.

        Raises:
            ConfigurationError: It is not allowed here.
        """
        if not self.tools.mcp:
            raise self.refusal("MCP servers may not be used")
        if self.servers is None:
            return
        if home.partition("://")[0].lower() in ("http", "https"):
            allowed = any(is_at(home, one) for one in self.servers.urls)
        else:
            allowed = any(is_command(home, one) for one in self.servers.commands)
        if not allowed:
            raise self.refusal(f"the MCP server {home[:200]!r} may not be used")

    def check_kind(self, kind: str) -> None:
        """Refuses a kind of tools that there may not be.

        Raises:
            ConfigurationError: It is not allowed here.
        """
        if not getattr(self.tools, kind, False):
            raise self.refusal(f"tools of the kind {kind} may not be used")

    def check_call(self, call: Subject, home: str) -> None:
        """Refuses a call that may not be run.

        Args:
            call: The call.
            home: What the tool belongs to.

        Raises:
            ConfigurationError: It is not allowed here.
        """
        self.check_kind(call.kind)
        if call.kind == "mcp":
            self.check_server(home)
        for pattern in self.tools.deny:
            if Pattern.read(pattern).touches(call):
                raise self.refusal(f"{call.name} may not be run ({pattern})")

    def refusal(self, what: str) -> ConfigurationError:
        """What is raised where something is not allowed."""
        return ConfigurationError(f"{what}, by the policy of this machine ({self.source})", hint=_HINT)


NO_POLICY = Policy()


def place() -> Path:
    """Where the policy is looked for. No variable of the environment leads elsewhere."""
    if sys.platform == "win32":
        return Path(_common_folder(), "notebook_chat", "policy.toml")
    if sys.platform == "darwin":
        return Path("/Library/Application Support/notebook_chat/policy.toml")
    return Path("/etc/notebook_chat/policy.toml")


def in_force() -> Policy:
    """The policy of this machine, as its file is now; one that allows everything where there is none.

    Raises:
        ConfigurationError: The file cannot be read, or says what is not understood: nothing is asked until it is put
            right.
    """
    path = place()
    try:
        state = os.stat(path)  # noqa: PTH116  it is asked for with each request
    except (FileNotFoundError, NotADirectoryError):
        return NO_POLICY
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    return _read(path, files.Identity.of(state), _others_can_write(path, state))


@lru_cache(maxsize=4)
def _read(path: Path, state: files.Identity, loose: bool) -> Policy:
    import tomllib

    if loose:
        raise _unusable(path, "others than the administrator can write to it")
    try:
        values = tomllib.loads(files.read(path, _LARGEST).decode())
        if "source" in values:
            raise ValueError("Object contains unknown field `source`")
        policy = msgspec.convert({**values, "source": str(path)}, Policy)
        _check(policy)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _unusable(path, str(getattr(error, "message", error))) from None
    return policy


def _others_can_write(path: Path, state: os.stat_result) -> bool:
    """Whether somebody else than the administrator can change the file. Where files have no modes, nobody can tell."""
    if os.name != "posix":
        return False
    user = os.geteuid()
    own = user != 0 and (state.st_uid == user or os.access(path, os.W_OK) or os.access(path.parent, os.W_OK))
    return bool(state.st_mode & 0o022) or own


def _check(policy: Policy) -> None:
    """Sees to it that all that a policy says is understood.

    Raises:
        ValueError: Something is not.
    """
    for pattern in (*policy.tools.allow, *policy.tools.ask, *policy.tools.deny):
        Pattern.read(pattern)
    for address in (*(policy.models.addresses or ()), *(policy.servers.urls if policy.servers else ())):
        if not is_address(address):
            raise InvalidOptionError(f"{address!r} is no address such as https://api.openai.com")
    pace_of(policy.pace)
    for name in (*(policy.models.allow or ()), *policy.models.deny):
        if not name.strip() or not name.isprintable():
            raise InvalidOptionError(f"{name!r} is no pattern of models such as openai:*")
    limits_of(policy.budget.spending or "")


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the policy of this machine, {path}, is not usable: {why}; nothing is asked until it is put right",
        hint=_HINT,
    )


def _bound_in(value: Any, depth: int = 20) -> str:
    """The name of a field, at any depth, that says how long an answer may be; ``""`` where there is none."""
    if depth and isinstance(value, Mapping):
        for name, one in value.items():
            plain = "".join(filter(str.isalnum, str(name).casefold()))
            if ("max" in plain and "token" in plain) or plain.endswith("predict"):
                return str(name)
            if found := _bound_in(one, depth - 1):
                return found
    elif depth and isinstance(value, (list, tuple)):
        return next(filter(None, (_bound_in(one, depth - 1) for one in value)), "")
    return "" if depth else "…"


def _common_folder() -> str:
    """The folder of all users' settings, as Windows itself knows it."""
    if sys.platform == "win32":
        import winreg

        key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as folders:
                return str(winreg.QueryValueEx(folders, "Common AppData")[0])
        except OSError:
            pass
    return r"C:\ProgramData"
