"""What a vendor that speaks chat completions says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from ..schemas import Subset
from .call import Call

Thinking = Literal["", "reasoning_effort", "openrouter", "deepseek"]
"""How a service is told how hard to think: not at all, or by which fields."""

Web = Literal["", "openrouter", "perplexity", "groq", "responses"]
"""How a service is told to search the web: not at all, by fields of its own, or in OpenAI's other dialect."""


class ChatDialect(Protocol):
    """What is asked of a vendor's class where a request is made; the class ``OpenAI`` and those derived from it are
    such."""

    @property
    def name(self) -> str:
        """What the provider is called."""
        ...

    @property
    def takes_files(self) -> frozenset[str]:
        """The media types of the files that it has a place for, besides images."""
        ...

    @property
    def thinks_by(self) -> Thinking:
        """By which fields it is told how hard to think."""
        ...

    @property
    def efforts(self) -> tuple[str, ...]:
        """The words that it has for that, each as ``word`` or ``our word:its word``."""
        ...

    @property
    def efforts_of(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The words of some of its models, by a part of their names."""
        ...

    @property
    def refuses_sampling(self) -> bool:
        """Whether its models refuse ``temperature`` and ``top_p`` while they think."""
        ...

    @property
    def web(self) -> Web:
        """How it is told to search the web."""
        ...

    @property
    def schema_subset(self) -> Subset:
        """What of JSON schema it takes."""
        ...

    @property
    def chooses_by_name(self) -> bool:
        """Whether it can be told which tool must be called."""
        ...

    def wants_back(self, call: Call) -> bool:
        """Whether some answers go back to it as they came."""
        ...

    def body(self, call: Call, more: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a request's body."""
        ...
