"""ChatAnywhere."""

from __future__ import annotations

from typing import Any

from ..messages import Messages
from ..secrets import Secret, hides_secrets
from ..transport.client import accepted_encodings
from .async_result import AsyncResult
from .call import Call
from .gpt_site import GptSite


class ChatAnywhere(GptSite):
    """The ChatAnywhere service. Its public host is gone: ``base_url`` points it to one that serves the
    dialect."""

    url = "https://chatanywhere.cn"

    @classmethod
    @hides_secrets
    def create_async_generator(
        cls,
        model: str,
        messages: Messages,
        proxy: str | Secret | None = None,
        timeout: Any = 120,
        temperature: float | None = 0.5,
        **kwargs: Any,
    ) -> AsyncResult:
        """As every provider's; ``timeout`` bounds the whole answer, in seconds."""
        return super().create_async_generator(
            model, messages, proxy=proxy, timeout=timeout, temperature=temperature, **kwargs
        )

    @classmethod
    def site_headers(cls, url: str) -> dict[str, str]:
        """As a browser sends them from ChatAnywhere's own page."""
        return {
            "User-Agent": "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0",
            "Accept": "application/json, text/plain, */*",
            "Accept-Language": "de,en-US;q=0.7,en;q=0.3",
            "Accept-Encoding": accepted_encodings(),
            "Content-Type": "application/json",
            "Referer": f"{url}/",
            "Origin": url,
            "Sec-Fetch-Dest": "empty",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin",
            "Authorization": "",
            "Connection": "keep-alive",
            "TE": "trailers",
        }

    @classmethod
    def body(cls, call: Call, messages: list[dict[str, Any]], temperature: float) -> dict[str, Any]:
        """As ChatAnywhere's own page sends it."""
        return {
            "list": messages,
            "id": "s1_qYuOLXjI3rEpc7WHfQ",
            "title": call.messages[-1].text,
            "prompt": "",
            "temperature": temperature,
            "models": "61490748",
            "continuous": True,
        }
