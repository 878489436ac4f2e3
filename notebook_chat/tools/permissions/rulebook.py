"""All rules that hold in a conversation, wherever they stand, and how they are changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...conversation import Conversation
from ...errors import ConfigurationError
from ...policy import Policy, in_force
from ..confirmation import Scope
from . import kept
from .grants import Grants
from .rules import Action, Rule, pattern_of


class Rulebook:
    """The rules of a notebook: those of the machine's policy, of conversations, of the notebook, and for all notebooks.

    Args:
        grants: What was allowed in this kernel.
        notebook: Gives the path of the notebook; ``None`` where there is none that is known.
    """

    def __init__(self, grants: Grants, notebook: Callable[[], str | None]) -> None:
        self._grants = grants
        self._notebook = notebook

    def scopes(self, conversation: Conversation | None) -> tuple[Scope, ...]:
        """For how long a yes may hold.

        Args:
            conversation: Where it is given; ``None`` for nowhere.
        """
        here: tuple[Scope, ...] = ("conversation",) if conversation is not None else ()
        notebook: tuple[Scope, ...] = ("notebook",) if self._notebook() is not None else ()
        return ("once", *here, *notebook, "always")

    def rules(self, conversation: Conversation | None) -> tuple[tuple[str, Rule], ...]:
        """All rules that hold in a conversation, each with where it comes from.

        Raises:
            ConfigurationError: The policy of the machine cannot be read.
        """
        return self.read(conversation, in_force())[0]

    def read(
        self, conversation: Conversation | None, policy: Policy
    ) -> tuple[tuple[tuple[str, Rule], ...], str]:
        """All rules, and why those that are kept cannot be used; ``""`` where they can.

        Args:
            conversation: The conversation; ``None`` for none.
            policy: The policy of the machine.
        """
        found = list(_of_policy(policy))
        if conversation is not None:
            found += [("conversation", rule) for rule in self._grants.rules(conversation)]
        try:
            own = kept.read()
        except ConfigurationError as error:
            return tuple(found), str(error)
        notebook = self._notebook()
        if notebook is not None:
            found += [("notebook", rule) for rule in own.of(notebook)]
        return (*found, *(("always", rule) for rule in own.always)), ""

    def put(self, rule: Rule, scope: Scope, conversation: Conversation) -> None:
        """Adds a rule.

        Raises:
            ConfigurationError: It cannot be kept.
        """
        if scope == "conversation":
            others = [one for one in self._grants.rules(conversation) if one != rule]
            self._grants.change(conversation, (*others, rule))
            return
        notebook = self._notebook() if scope == "notebook" else None
        if scope == "notebook" and notebook is None:
            raise ConfigurationError("the front end does not tell which notebook this is", hint="")
        kept.change(notebook, lambda rules: (*(one for one in rules if one != rule), rule))

    def add(self, rule: Rule, scope: Scope, conversation: Conversation) -> None:
        """Adds a rule that the user has written, in the place of those with the same pattern there.

        Raises:
            ConfigurationError: It cannot be kept.
        """
        pattern_of(rule.pattern)
        self.forget(rule.pattern, conversation, (scope,))
        self.put(rule, scope, conversation)

    def forget(
        self,
        pattern: str,
        conversation: Conversation,
        scopes: tuple[Scope, ...] = ("conversation", "notebook", "always"),
    ) -> int:
        """Takes rules away; how many there were.

        Args:
            pattern: Their pattern, as it was written, also without the kind before it; ``*`` for all of them.
            conversation: The conversation whose rules they may be.
            scopes: Where they may be.

        Raises:
            ConfigurationError: The file of the kept ones cannot be changed.
        """

        def others(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
            return tuple(
                rule for rule in rules if pattern not in ("*", rule.pattern, rule.pattern.partition(":")[2])
            )

        count = 0
        if "conversation" in scopes:
            before = self._grants.rules(conversation)
            self._grants.change(conversation, others(before))
            count += len(before) - len(others(before))
        notebook = self._notebook()
        places = [notebook] if "notebook" in scopes and notebook is not None else []
        for place in (*places, *((None,) if "always" in scopes else ())):
            if kept.place().exists():
                before = kept.change(place, others)
                count += len(before) - len(others(before))
        return count


def _of_policy(policy: Policy) -> Iterator[tuple[str, Rule]]:
    action: Action
    for action in ("allow", "ask", "deny"):
        for pattern in getattr(policy.tools, action):
            yield "policy", Rule(action, pattern)
