"""The widget: a thin thing between a conversation and its views."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from anywidget import AnyWidget
from traitlets import Unicode, validate

from ..chat import Chat
from ..conversation import Conversation
from ..errors import ConfigurationError, InvalidOptionError
from ..session import session
from ..tools import sources_of
from .choices import follow_end
from .control import ControlEndpoint
from .front import MODULE, SHEET
from .service import Service

_INSTEAD = "A chat panel needs a front end that shows widgets; %%chat has the same conversation in a cell."
_LENGTH = re.compile(r"\d{1,5}(?:\.\d{1,3})?(?:px|em|rem|vh|dvh|cm|mm|in|pt|%)", re.ASCII)


class ChatPanel(AnyWidget):
    """A conversation in a window: the same one that ``%%chat`` has, when the extension is loaded.

    It goes on while cells compute. What is synchronized with the front end, and so may be saved with the
    notebook, is the code that shows it, the height, and where its messages go; turns go by messages.

    Args:
        chat: Who is asked, in which conversation; unless given, the notebook's default conversation, or one
            of its own where the extension is not loaded.
        model: ``provider:model``, as for ``Chat``.
        system: The system prompt from the next turn on.
        height: How high it is: pixels, or a CSS length such as ``"70vh"``.
        tools: What the model may have run beside the tools of the chat, as ``Chat`` takes them. Where it is to be asked
            whether one may run, the panel asks.

    Raises:
        ConfigurationError: ``chat`` and ``model`` are given; the model or a tool is unknown; the height is no length.
    """

    _esm = MODULE
    _css = SHEET
    height = Unicode("32rem").tag(sync=True)
    _address = Unicode("").tag(sync=True)

    def __init__(
        self,
        chat: Chat | None = None,
        *,
        model: str | None = None,
        system: str | None = None,
        height: int | str = "32rem",
        tools: Sequence[Any] = (),
    ) -> None:
        if chat is not None and not isinstance(chat, Chat):
            raise InvalidOptionError(
                f"a {type(chat).__name__} is not a Chat", hint="Write ChatPanel(model=…) to name a model."
            )
        for name, value in (("model", model), ("system", system)):
            if not isinstance(value, str | None):
                raise InvalidOptionError(f"{name} is text, not {value!r}")
        if chat is not None and model is not None:
            raise InvalidOptionError("a chat has its model already", hint="Give one of the two.")
        sources = sources_of(tools)
        if chat is None:
            chat = Chat(model, conversation="default" if session() is not None else None)
        self._endpoint = ControlEndpoint(self._take_content)
        super().__init__(height=_length(height), _address=self._endpoint.address)
        self._service = Service(chat, self._out, system=system)
        self.use_tools(lambda: sources)
        self.on_msg(self._take)
        self._follow_no_more = follow_end(chat.conversation, self.close)

    @property
    def chat(self) -> Chat:
        """Who is asked, in which conversation."""
        return self._service.chat

    @property
    def conversation(self) -> Conversation:
        """What is shown."""
        return self._service.chat.conversation

    @property
    def model(self) -> str:
        """Who answers, as ``provider:model``. May be set, as the picker in the panel does."""
        return self._service.model

    @model.setter
    def model(self, model: str) -> None:
        self._service.use(model)

    def use_tools(self, give: Callable[[], Sequence[Any]]) -> None:
        """Has the model have tools, beside those of the chat, in the place of those that were given before.

        Args:
            give: Gives them, as ``Chat`` takes them; it is called for each question.
        """
        self._service.use_tools(give)

    @validate("height")
    def _check_height(self, proposal: Any) -> str:
        return _length(proposal["value"])

    def close(self) -> None:
        """Takes the panel away; the conversation stays. A panel of the notebook's own conversation is taken away
        when the extension is unloaded, too."""
        service: Service | None = getattr(self, "_service", None)
        if service is not None:  # as a panel has none whose arguments were refused
            service.close()
            self._endpoint.close()
            self._follow_no_more()
        super().close()
        self.layout.close()  # a widget beside it, which nothing else closes

    def _take(self, _: Any, content: Any, buffers: list[Any] | None) -> None:
        self._take_content(content, buffers or ())

    def _take_content(self, content: Any, buffers: Sequence[Any]) -> None:
        self._service.take(content, buffers)

    def _out(self, content: Any, buffers: list[bytes]) -> None:
        self.send(content, buffers)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        shown = super()._repr_mimebundle_(**kwargs)
        if shown is not None:
            shown[0]["text/plain"] = _INSTEAD
        return shown

    def __repr__(self) -> str:
        return f"<ChatPanel of {self.conversation!r} with {self.model or 'no model yet'}>"


def _length(height: int | str) -> str:
    text = f"{height}px" if isinstance(height, int) and not isinstance(height, bool) else str(height).strip()
    if not _LENGTH.fullmatch(text):
        raise ConfigurationError(f"{height!r} is no height", hint='Give pixels, or a length such as "70vh".')
    return text
