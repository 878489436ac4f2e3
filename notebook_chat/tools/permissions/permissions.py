"""Decides about calls: by the policy of the machine, by the user's rules, and where they say nothing, by asking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ...conversation import Conversation
from ...errors import ChatError, ConfigurationError
from ...policy import in_force
from ...text import single_line
from .. import arguments as call_arguments
from ..confirmation import Confirmation, Confirmer, Reply, Scope
from ..permit import PendingCall, Verdict
from ..tool import ArgumentsError, Tell, Tool
from .grants import Grants
from .private import Private, holds_key
from .rulebook import Rulebook
from .rules import Action, Identity, Rule, digest_of, subject_of

_MOST_QUESTIONS = 5  # about one call, as long as what the user writes in its place cannot be run
_LONGEST_WORDS = 2_000
_LONGEST_SHOWN = 200

_CHANGED = "its description or its arguments have changed since you allowed it"
_KEY = "a key that is in use here is in its arguments"
_ELSEWHERE = "it is of another server, or another module, than the tool of that name which you allowed"


class Standing(msgspec.Struct, frozen=True):
    """What the rules say about a call.

    Attributes:
        action: What becomes of it.
        why: Why, where there is more to say than that nobody has allowed it.
        scopes: For how long a yes may hold, where the user is asked.
        source: The rule that decided, and where it comes from; ``""`` where none did.
        of_policy: Whether it is the machine's policy that wants a person to be asked.
    """

    action: Action
    why: str = ""
    scopes: tuple[Scope, ...] = ("once",)
    source: str = ""
    of_policy: bool = False


class Permissions:
    """Decides about calls of tools. Tools that only read what the user can see, and those that the user has given, run
    unless a rule says otherwise; all others ask.

    Args:
        confirmer: Who asks the user; ``None`` where nobody can be asked.
        grants: What was allowed in this kernel.
        notebook: Gives the path of the notebook; ``None`` where there is none that is known.
        private: Gives what no call is to tell of unasked.
        way: What to write where nobody can be asked; ``{}`` stands for the tool.

    Attributes:
        rulebook: The rules.
    """

    def __init__(
        self,
        confirmer: Confirmer | None = None,
        *,
        grants: Grants | None = None,
        notebook: Callable[[], str | None] = lambda: None,
        private: Callable[[], Private | None] = lambda: None,
        way: str = 'give Chat(permit="ask"), or a function that decides',
    ) -> None:
        self._confirmer = confirmer
        self.grants = Grants() if grants is None else grants
        self._notebook = notebook
        self.rulebook = Rulebook(self.grants, notebook)
        self._private = private
        self._way = way

    def asking(self, confirmer: Confirmer | None) -> Permissions:
        """The same with somebody else who asks.

        Args:
            confirmer: Who asks the user; ``None`` where nobody can be asked.
        """
        return Permissions(
            confirmer, grants=self.grants, notebook=self._notebook, private=self._private, way=self._way
        )

    async def decide(self, call: PendingCall, tell: Tell) -> Verdict:
        """What is to become of a call. Questions come one after the other.

        Args:
            call: The call.
            tell: Tells the reader what is waited for.
        """
        self.grants.meet(call.tool)
        async with self.grants.lock():
            try:
                count = self.grants.count(call.conversation)
                most = in_force().budget.calls
                if most is not None and count > most:
                    raise in_force().refusal(f"more than {most} calls of tools in one answer may not be run")
                return await self._decided(call, tell)
            except ConfigurationError as error:
                return Verdict(False, words=str(error))

    async def _decided(self, call: PendingCall, tell: Tell) -> Verdict:
        arguments, changed, problem = call.arguments, False, ""
        for _ in range(_MOST_QUESTIONS):
            standing = await asyncio.to_thread(self.standing, call.tool, arguments, call.conversation)
            if standing.action == "deny":
                return Verdict(False, words=standing.why)
            if standing.action == "allow" and not changed:
                return Verdict(True)
            if self.grants.refuses(call.conversation):
                return Verdict(False, words="the user has said no to all calls of this answer")
            tell(f"waiting for your yes to {call.tool.name}", None)
            reply = await self._asked(call, arguments, standing, problem)
            if reply is None:
                return Verdict(False, words=self._unasked(call.tool, standing))
            if not reply.yes:
                return self._refused(reply, call)
            if reply.arguments is None or reply.arguments == arguments:
                self._keep(reply, standing, call, arguments, tell)
                return Verdict(True, dict(arguments) if changed else None)
            arguments, changed = dict(reply.arguments), True
            problem = await asyncio.to_thread(_problem, call.tool, arguments)
            if not problem and not await self._bars(call, arguments):
                self._keep(reply, standing, call, arguments, tell)
                return Verdict(True, arguments)
        return Verdict(False, words="the arguments that the user wrote cannot be run")

    async def _bars(self, call: PendingCall, arguments: Mapping[str, Any]) -> bool:
        """Whether arguments that the user has written are denied by a rule."""
        standing = await asyncio.to_thread(self.standing, call.tool, arguments, call.conversation)
        return standing.action == "deny"

    # --- what the rules say

    def standing(
        self, tool: Tool, arguments: Mapping[str, Any], conversation: Conversation | None
    ) -> Standing:
        """What the rules say about a call. It may be called in any thread.

        Args:
            tool: The tool.
            arguments: Its arguments.
            conversation: Where it is asked; ``None`` for nowhere yet.

        Raises:
            ConfigurationError: The policy of the machine forbids it, or cannot be read.
        """
        policy, call = in_force(), subject_of(tool, arguments)
        policy.check_call(call, tool.home)
        rules, broken = self.rulebook.read(conversation, policy)
        held: dict[Action, str] = {}
        stale = ""
        for where, rule in rules:
            match = rule.match(tool, call)
            if match == "holds":
                held.setdefault(rule.action, f"{rule.action} {rule.pattern} ({where})")
            elif match:
                stale = _CHANGED if match == "changed" else stale or _ELSEWHERE
        if "deny" in held:
            return Standing("deny", f"the rule {held['deny']} forbids it", source=held["deny"])
        if why := self._told(tool, arguments):
            return Standing("ask", why, source="private")
        if "ask" in held:
            of_policy = any(
                where == "policy" and rule.action == "ask" and rule.match(tool, call) for where, rule in rules
            )
            return Standing("ask", f"the rule {held['ask']}", source=held["ask"], of_policy=of_policy)
        if broken:
            return Standing("ask", broken, source="the file of your rules")
        if "allow" in held or tool.reads_only or tool.given:
            return Standing("allow", source=held.get("allow", ""))
        return Standing("ask", stale, self.rulebook.scopes(conversation))

    def _told(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """Why a call asks, whatever is allowed; ``""`` for no reason."""
        private = self._private()
        if private is not None and (why := private.reason(tool, arguments)):
            return why
        if tool.kind in ("mcp", "function") and holds_key(arguments):
            return _KEY
        return ""

    # --- the question

    async def _asked(
        self, call: PendingCall, arguments: Mapping[str, Any], standing: Standing, problem: str
    ) -> Reply | None:
        confirmer = self._confirmer
        if confirmer is None or (standing.of_policy and not getattr(confirmer, "asks_person", True)):
            return None
        tool = call.tool
        return await confirmer.ask(
            Confirmation(
                tool.name,
                tool.kind,
                arguments,
                server=tool.server,
                why="; ".join(filter(None, (problem, standing.why))),
                proposal=await asyncio.to_thread(_proposal, tool, arguments),
                scopes=standing.scopes,
                model=call.model,
            )
        )

    def _unasked(self, tool: Tool, standing: Standing) -> str:
        """What is said where nobody can be asked."""
        if standing.source:
            advice = ""
            if standing.source == "private" and standing.why != _KEY:
                advice = " (%config ChatMagics.private)"
            elif standing.source.startswith("ask ") and not standing.of_policy:
                advice = "; %chat tools forget takes it back"
            return f"nobody can be asked here, and it asks: {standing.why}{advice}"
        changed = f" ({standing.why})" if standing.why else ""
        return f"nobody can be asked here{changed}: to let it run, {self._way.format(tool.name)}"

    def _refused(self, reply: Reply, call: PendingCall) -> Verdict:
        if reply.rest:
            self.grants.refuse_rest(call.conversation)
        if reply.scope != "once":
            self.rulebook.put(Rule("deny", call.tool.name), reply.scope, call.conversation)
        words = f"the user said no{f': {reply.words}' if reply.words.strip() else ''}"
        return Verdict(False, words=words[:_LONGEST_WORDS])

    def _keep(
        self, reply: Reply, standing: Standing, call: PendingCall, arguments: Mapping[str, Any], tell: Tell
    ) -> None:
        """Keeps a yes that lasts. Where it cannot be kept, it holds once, and the reader is told."""
        if reply.scope == "once" or reply.scope not in standing.scopes:
            return
        tool = call.tool
        rule = Rule("allow", exact_pattern(tool), Identity.of(tool))
        if reply.exact:
            shown = single_line(msgspec.json.encode(dict(arguments)).decode())[:_LONGEST_SHOWN]
            rule = msgspec.structs.replace(rule, exact=digest_of(arguments), shown=_without_keys(shown))
        try:
            self.rulebook.put(rule, reply.scope, call.conversation)
        except ChatError as error:
            tell(f"allowed once: {error}", None)


def exact_pattern(tool: Tool) -> str:
    """A pattern that means one tool: its name, behind its kind."""
    return f"{tool.kind}:{tool.name}"


def _problem(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Why arguments that the user wrote are none; ``""`` where they are."""
    try:
        call_arguments.check(arguments, tool.spec.parameters)
    except ArgumentsError as error:
        return f"these arguments do not fit: {error}"[:_LONGEST_WORDS]
    return ""


def _proposal(tool: Tool, arguments: Mapping[str, Any]) -> str:
    try:
        return tool.proposal(arguments)
    except ArgumentsError:
        raise  # nobody need be asked: it can never be done
    except Exception as error:  # of a tool from elsewhere
        return f"(what it would do cannot be shown: {type(error).__name__})"


def _without_keys(text: str) -> str:
    from ...prompt.secrets.secret_search import masked

    return masked(text)
