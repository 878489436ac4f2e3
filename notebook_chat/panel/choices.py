"""What the reader of a panel can choose from: the notebook's conversations, and the models."""

from __future__ import annotations

from collections.abc import Callable

from ..conversation import Conversation
from ..errors import ConfigurationError
from ..session import session
from ..text import replace_surrogates

_MOST_MODELS = 500


def subscribe(changed: Callable[[], object]) -> Callable[[], object]:
    """Has a callable called when there are other conversations in the notebook, or other names.

    Args:
        changed: Is called, in any thread.

    Returns:
        What ends that.
    """
    loaded = session()
    return loaded.subscribe(changed) if loaded is not None else lambda: None


def follow_end(shown: Conversation, ended: Callable[[], object]) -> Callable[[], object]:
    """Has a callable called when the session ends that a conversation belongs to, if it belongs to one.

    Args:
        shown: The conversation.
        ended: Is called.

    Returns:
        What takes that back.
    """
    loaded = session()
    if loaded is None or shown not in loaded.conversations.values():
        return lambda: None
    return loaded.on_end(ended)


def conversation_names(shown: Conversation) -> list[str]:
    """The names of the notebook's conversations; none where the one that is shown is not among them.

    Args:
        shown: The conversation that the panel shows.
    """
    loaded = session()
    if loaded is None or loaded.conversations.get(shown.name) is not shown:
        return []
    return [replace_surrogates(name) for name in loaded.conversations]


def find_conversation(name: str) -> Conversation:
    """One of the notebook's conversations.

    Args:
        name: Its name; ``""`` for a new one, which gets a name that is free.

    Raises:
        ConfigurationError: The extension is not loaded, so there is no notebook.
    """
    loaded = session()
    if loaded is None:
        raise ConfigurationError("there is no notebook here whose conversations could be opened")
    if not name:
        numbered = (f"chat-{number}" for number in range(2, 10_000))
        name = next(free for free in numbered if free not in loaded.conversations)
    return loaded.conversation(name)


async def list_models() -> list[str]:
    """The models that can be had now, each as ``provider:model``."""
    from ..providers import model_list
    from ..providers.registry import list_providers

    listed = await model_list.models(list_providers())
    names = [
        f"{name}:{model}" for name, models in listed.items() if isinstance(models, list) for model in models
    ]
    return names[:_MOST_MODELS]
