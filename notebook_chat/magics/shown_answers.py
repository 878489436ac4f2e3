"""The answers that this kernel has shown in cells, to take them back from the notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conversation import Conversation

_GONE = "This answer was deleted."


class ShownAnswers:
    """Knows the displays of answers. Those of earlier kernels no kernel can reach."""

    def __init__(self) -> None:
        self._shown: list[tuple[Conversation, str, tuple[str, ...]]] = []

    def note(self, conversation: Conversation, turn: str, displays: Sequence[str]) -> None:
        """Notes where an answer is shown.

        Args:
            conversation: The conversation.
            turn: The turn's id; empty where nothing came.
            displays: What its displays are known by: that of its text, and those of its images.
        """
        self._shown.append((conversation, turn, tuple(displays)))

    def take_back(self, id: str) -> set[str]:
        """Has the displays of a conversation show that it was deleted, and hold nothing of it any more.

        Args:
            id: The conversation's id.

        Returns:
            The ids of the turns that were shown.
        """
        from IPython.display import publish_display_data

        own = [one for one in self._shown if one[0].id == id]
        self._shown = [one for one in self._shown if one[0].id != id]
        told = {"text/plain": _GONE, "text/html": f"<em>{_GONE}</em>"}
        nothing = {"text/plain": ""}
        for display, data in (
            (id, nothing if place else told) for _, _, ids in own for place, id in enumerate(ids)
        ):
            publish_display_data(data, {}, transient={"display_id": display}, update=True)  # type: ignore[no-untyped-call]
        return {turn for _, turn, _ in own if turn}
