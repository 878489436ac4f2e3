"""The models that Google Colab has for its notebooks."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from . import addresses
from .http import HTTPProvider
from .model_table import DEFAULTS
from .openai import OpenAI


class Colab(OpenAI):
    """Colab's proxy, which speaks chat completions. Its address and key are in the environment of Colab's kernels, as
    its own package ``google.colab.ai`` reads them."""

    name = "colab"
    options = OpenAI.options - {"web"}
    takes_files = frozenset()
    url = ""
    key_variables = ("MODEL_PROXY_API_KEY",)
    url_variables = ("MODEL_PROXY_HOST",)
    default_model = DEFAULTS["colab"]
    part_kinds = HTTPProvider.part_kinds
    efforts = ("none", "minimal", "low", "medium", "high")
    refuses_sampling = False
    wants_replays = True
    header_variables: ClassVar[dict[str, str]] = {}

    @classmethod
    def address(cls, url: str) -> str:
        """The proxy's address, with the place of the interface at its end."""
        address = super().address(url if "://" in url else f"https://{url}")
        return address if urlsplit(address).path else addresses.joined(address, "/models/openapi")
