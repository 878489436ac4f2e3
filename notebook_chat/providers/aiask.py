"""AiAsk."""

from __future__ import annotations

from typing import Any

from .call import Call
from .gpt_site import GptSite


class AiAsk(GptSite):
    """The AiAsk service. Its public host is gone: ``base_url`` points it to one that serves the dialect."""

    url = "https://e.aiask.me"

    @classmethod
    def site_headers(cls, url: str) -> dict[str, str]:
        """As AiAsk's own page sends them."""
        return {"accept": "application/json, text/plain, */*", "origin": url, "referer": f"{url}/chat"}

    @classmethod
    def body(cls, call: Call, messages: list[dict[str, Any]], temperature: float) -> dict[str, Any]:
        """As AiAsk's own page sends it."""
        return {
            "continuous": True,
            "id": "fRMSQtuHl91A4De9cCvKD",
            "list": messages,
            "models": "0",
            "prompt": "",
            "temperature": temperature,
            "title": "",
        }
