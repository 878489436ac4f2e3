"""OpenAI's own service, whichever of its dialects is spoken: its address, its key, its list of models."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from .. import errors
from ..request import HttpRequest
from . import chat_fields
from .call import Call
from .http import HTTPProvider
from .model_table import DEFAULTS

DOCUMENTS = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
"""The files that go out as they are. Tables and code as text are taken too, but go among the words of a prompt, where
they can be looked through before."""

_REGIONS = ".api.openai.com"


class OpenAIService(HTTPProvider):
    """What the dialects of OpenAI's own service have in common: its address, its key and its list of models."""

    url = "https://api.openai.com/v1"
    needs_auth = True
    key_variables = ("OPENAI_API_KEY",)
    url_variables: ClassVar[tuple[str, ...]] = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
    header_variables: ClassVar[dict[str, str]] = {
        "OpenAI-Organization": "OPENAI_ORG_ID",
        "OpenAI-Project": "OPENAI_PROJECT_ID",
    }
    endpoints = ("/chat/completions", "/completions", "/responses", "/models", "/embeddings")
    default_model = DEFAULTS["openai"]
    models_path = "/models"
    largest_request = 50 * 1024 * 1024

    @staticmethod
    def at_home(call: Call) -> bool:
        """Whether a call goes to OpenAI's own address, or to that of one of its regions."""
        return OpenAIService.is_home(call.base_url)

    @staticmethod
    def is_home(url: str) -> bool:
        """Whether an address is OpenAI's own, or that of one of its regions.

        Args:
            url: The address.
        """
        return url == OpenAIService.url or (urlsplit(url).hostname or "").endswith(_REGIONS)

    @classmethod
    def unstreamed(cls, call: Call, error: errors.ChatError) -> HttpRequest | None:
        """The same request for an answer in one piece, where the service refuses to stream: OpenAI does for some
        models as long as the organization is not verified."""
        return cls.request(call, {"stream": False}) if chat_fields.refuses_to_stream(error) else None

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request, with some fields more or otherwise."""
        raise TypeError(f"{cls.__name__} has no request() of its own")
