"""The panels that ``%chat panel`` shows: one for each conversation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..panel import ChatPanel
    from ..prompt.secrets.disclosure import Disclosure


class Panels:
    """Makes the panels, and keeps them: a cell that shows one may run again, and shows the same panel."""

    def __init__(self) -> None:
        self._panels: dict[str, ChatPanel] = {}

    def of(
        self,
        conversation: Conversation,
        *,
        model: str,
        context: int,
        max_characters: int,
        tools: Callable[[], Sequence[Any]],
        disclosure: Disclosure | None = None,
    ) -> ChatPanel:
        """The panel of a conversation.

        Args:
            conversation: What it shows.
            model: Who is asked at first; ``""`` for whoever can be.
            context, max_characters: As the settings of ``ChatMagics``.
            tools: Gives what the model may have run, for each question.
            disclosure: What becomes of secrets in a prompt; ``None`` to send them.
        """
        from ..chat import Chat
        from ..panel import ChatPanel

        panel = self._panels.get(conversation.id)
        if panel is None or panel.comm is None:
            chat = Chat(
                model or None,
                conversation=conversation,
                context=context or None,
                max_characters=max_characters,
                secrets=disclosure,
            )
            panel = self._panels[conversation.id] = ChatPanel(chat)
            panel.use_tools(tools)
        return panel

    def use(self, model: str) -> None:
        """Has all of them ask another model: ``%chat use`` holds for the whole notebook."""
        for panel in self._panels.values():
            with contextlib.suppress(ConfigurationError):
                panel.model = model

    def close(self) -> None:
        """Takes them all away."""
        for panel in tuple(self._panels.values()):
            panel.close()
        self._panels.clear()
