"""What a session tells of the conversations that it goes on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conversation import Conversation, Withheld
    from ..store import Sighting


@dataclass(frozen=True)
class Resumed:
    """The conversations that a notebook goes on with.

    Attributes:
        conversations: The conversations.
        broken: How many turns could not be read.
        foreign: How many turns the notebook's outputs hold that the history does not know, or knows otherwise.
        problem: Why the history could not be looked at; ``""`` if it could.
        new_kernel: Whether the variables of before are gone.
        others: Conversations that were last had under the notebook's path, and of which too little in it shows
            that they were had in it. It does not go on with them.
        named: The ids of further conversations of the history that the notebook's outputs name. An id proves
            nothing, so it does not go on with them either.
        lost: The ids of the turns whose cells are not known.
        gone: The ids of the turns whose cells were deleted since.
        unsaved: The names of the cells that the notebook, as it was saved, cannot have yet.
        seen: How the notebooks of the conversations were last seen, by their ids.
        withheld: What a file holds besides the texts of user and assistant, and what takes the user's yes.
        damaged: What is damaged, each by its place and in words.
        aside: What was said here before in conversations that were restored, under other names.
    """

    conversations: tuple[Conversation, ...] = ()
    broken: int = 0
    foreign: int = 0
    problem: str = ""
    new_kernel: bool = False
    others: tuple[Conversation, ...] = ()
    named: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    unsaved: frozenset[str] = frozenset()
    seen: Mapping[str, Sighting] = field(default_factory=dict)
    withheld: tuple[Withheld, ...] = ()
    damaged: tuple[str, ...] = ()
    aside: tuple[Conversation, ...] = ()
