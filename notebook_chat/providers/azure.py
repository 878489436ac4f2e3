"""OpenAI's models at Microsoft Azure."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from .. import environment
from ..request import HttpRequest
from ..secrets import Secret
from . import addresses
from .call import Call
from .http import HTTPProvider
from .openai import OpenAI

_VERSIONS = ("AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION")


class AzureOpenAI(OpenAI):
    """Chat completions of an Azure OpenAI resource; the model is the name of a deployment.

    A resource's own address is asked by the version ``v1`` of its interface, or by the older one that
    ``AZURE_OPENAI_API_VERSION`` names; a longer address, such as that of one deployment, as it is.
    """

    name = "azure"
    options = OpenAI.options - {"web"}
    takes_files = frozenset()  # what a deployment takes is not known
    url = ""
    key_variables = ("AZURE_OPENAI_API_KEY",)
    url_variables = ("AZURE_OPENAI_ENDPOINT",)
    header_variables: ClassVar[dict[str, str]] = {}
    default_model = ""
    part_kinds = HTTPProvider.part_kinds

    @classmethod
    def address(cls, url: str) -> str:
        """The address beneath which the interface is."""
        address = super().address(url)
        if urlsplit(address).path.removesuffix("/openai"):
            return address
        version = environment.find(*_VERSIONS)
        place = addresses.joined(address.removesuffix("/openai"), "/openai")
        if version is None:
            return addresses.joined(place, "/v1")
        return addresses.joined(place, f"?api-version={quote(version.value)}")

    @classmethod
    def headers(cls, key: Secret | None) -> dict[str, str | Secret]:
        """The key in ``api-key``."""
        return {"api-key": key} if key else {}

    @classmethod
    def request(cls, call: Call, more: dict[str, Any]) -> HttpRequest:
        """The request; in older versions of the interface the deployment is a part of the address."""
        if not urlsplit(call.base_url).path.endswith("/openai"):
            return super().request(call, more)
        deployment = f"/deployments/{quote(call.model, safe='')}/chat/completions"
        return cls.post(call, deployment, cls.body(call, more))
