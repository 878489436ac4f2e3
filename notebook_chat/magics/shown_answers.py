"""The answers that this kernel has shown in cells, to take them back from the notebook."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conversation import Conversation, Turn
    from ..renderers import ColumnsRenderer

_MOST_FOLLOWED = 100
"""Of how many cells that asked several models the output is kept up to date."""

_GONE = "This answer was deleted."


class Followed:
    """The output of a turn with several answers.

    Args:
        conversation: The turn's.
        turn: The turn, as it is shown.
        renderer: What shows it.
    """

    def __init__(self, conversation: Conversation, turn: Turn, renderer: ColumnsRenderer) -> None:
        self.conversation = conversation
        self._turn = turn
        self._renderer = renderer
        self._turns: object = None
        self._showing = threading.Lock()
        self.end = conversation.subscribe(self._changed)

    def _changed(self) -> None:
        turns = self.conversation.turns
        if turns is self._turns:
            return  # which is so with each piece of an answer
        with self._showing:
            self._turns = turns
            now = next((turn for turn in turns if turn.id == self._turn.id), None)
            if now is None or now.kept == self._turn.kept:
                return
            self._turn = now
            self._renderer.show_kept(now)


class ShownAnswers:
    """Knows the displays of answers. Those of earlier kernels no kernel can reach."""

    def __init__(self) -> None:
        self._shown: list[tuple[Conversation, str, tuple[str, ...]]] = []
        self._followed: OrderedDict[str, Followed] = OrderedDict()

    def note(self, conversation: Conversation, turn: str, *displays: str) -> None:
        """Notes where an answer is shown.

        Args:
            conversation: The conversation.
            turn: The turn's id; empty where nothing came.
            displays: What its displays are known by: that of its text, and those of its images.
        """
        self._shown.append((conversation, turn, displays))

    def follow(self, conversation: Conversation, turn: Turn, renderer: ColumnsRenderer) -> None:
        """Has the output of a turn with several answers show which one is in the conversation, whoever changes that.

        Args:
            conversation: The conversation.
            turn: The turn, as it is shown.
            renderer: What shows it.
        """
        self._followed[turn.id] = Followed(conversation, turn, renderer)
        while len(self._followed) > _MOST_FOLLOWED:
            self._followed.popitem(last=False)[1].end()

    def take_back(self, id: str) -> set[str]:
        """Has the displays of a conversation show that it was deleted, and hold nothing of it any more.

        Args:
            id: The conversation's id.

        Returns:
            The ids of the turns that were shown.
        """
        from IPython.display import publish_display_data

        for gone in [turn for turn, one in self._followed.items() if one.conversation.id == id]:
            self._followed.pop(gone).end()
        own = [one for one in self._shown if one[0].id == id]
        self._shown = [one for one in self._shown if one[0].id != id]
        told = {"text/plain": _GONE, "text/html": f"<em>{_GONE}</em>"}
        nothing = {"text/plain": ""}
        for display, data in (
            (id, nothing if place else told) for _, _, ids in own for place, id in enumerate(ids)
        ):
            publish_display_data(data, {}, transient={"display_id": display}, update=True)  # type: ignore[no-untyped-call]
        return {turn for _, turn, _ in own if turn}
