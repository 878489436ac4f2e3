"""What a session tells of the conversations that it goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conversation import Conversation


@dataclass(frozen=True)
class Resumed:
    """The conversations that a notebook goes on with.

    Attributes:
        conversations: The conversations.
        broken: How many turns could not be read.
        foreign: How many turns the notebook's outputs hold of conversations that the history does not know.
        problem: Why the history could not be looked at; ``""`` if it could.
        new_kernel: Whether the variables of before are gone.
        others: Conversations that were last had under the notebook's path, and of which nothing in it shows
            that they were had in it. It does not go on with them.
        lost: The ids of the turns whose cells are not known.
        damaged: What is damaged, each by its place and in words.
        aside: What was said here before in conversations that were restored, under other names.
    """

    conversations: tuple[Conversation, ...] = ()
    broken: int = 0
    foreign: int = 0
    problem: str = ""
    new_kernel: bool = False
    others: tuple[Conversation, ...] = ()
    lost: frozenset[str] = frozenset()
    damaged: tuple[str, ...] = ()
    aside: tuple[Conversation, ...] = ()
