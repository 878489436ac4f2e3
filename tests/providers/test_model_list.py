"""The models of several providers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from notebook_chat import errors
from notebook_chat.providers import AsyncGeneratorProvider, HTTPProvider, OpenAI, model_list
from notebook_chat.providers.vendors import compatible

from ..servers import Failure, Response, login, page, serve
from .wires import KEY


class Told(AsyncGeneratorProvider):
    """A provider without a list, which knows some models itself."""

    models = ("one", "two")


class Providers(dict[str, Any]):
    """What ``get_provider`` finds."""

    def __missing__(self, name: str) -> Any:
        raise errors.UnknownProviderError(f"no provider is called {name!r}")


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    known = Providers(told=Told)
    monkeypatch.setattr(model_list, "get_provider", known.__getitem__)
    yield known
    model_list._seen.clear()


# --- several at once ------------------------------------------------------------------------------------


async def test_those_that_work_are_listed_beside_those_that_do_not(providers: Providers) -> None:
    broken = {"overloaded": Failure("overloaded"), "web": page(), "login": login()}
    with serve("openai_chat", models=["m-1", "m-2"]) as server:
        providers["good"] = compatible("good", server.base_url)
    providers["down"] = compatible("down", f"http://127.0.0.1:{server.port}")  # nobody listens any more
    providers["keyless"] = compatible("keyless", "http://127.0.0.1:9", "KEYLESS_API_KEY")
    providers["odd"] = type("Odd", (), {"list_models": staticmethod(lambda: 1 / 0)})
    with serve("openai_chat", models=["m-1", "m-2"]) as server:
        providers["good"] = compatible("good", server.base_url)
        listed = await model_list.models(["good", "down", "told", "odd", "keyless", "nobody", "good"])
    assert list(listed) == ["good", "down", "told", "odd", "keyless", "nobody"]
    assert listed["good"] == ["m-1", "m-2"]
    assert listed["told"] == ["one", "two"]
    assert isinstance(listed["down"], errors.ConnectError)
    assert isinstance(listed["odd"], errors.ProviderError)
    assert isinstance(listed["keyless"], errors.MissingKeyError)
    assert isinstance(listed["nobody"], errors.UnknownProviderError)
    for name, reply in broken.items():
        with serve("openai_chat", models=reply) as server:
            providers[name] = compatible(name, server.base_url)
            [(_, error)] = (await model_list.models([name])).items()
            assert isinstance(error, errors.ProviderError)
            assert error.provider == name


async def test_they_are_asked_at_the_same_time(providers: Providers) -> None:
    together = asyncio.Barrier(3)

    class Waits(AsyncGeneratorProvider):
        @classmethod
        async def list_models(cls) -> list[str]:
            await together.wait()
            return ["m"]

    providers |= {"a": Waits, "b": Waits, "c": Waits}
    assert await model_list.models("abc") == {"a": ["m"], "b": ["m"], "c": ["m"]}


async def test_one_that_hangs_is_given_up(providers: Providers) -> None:
    class Hangs(AsyncGeneratorProvider):
        @classmethod
        async def list_models(cls) -> list[str]:
            await asyncio.Event().wait()
            return []

    providers["hangs"] = Hangs
    listed = await model_list.models(["hangs", "told"], timeout=0.05)
    assert isinstance(listed["hangs"], errors.RequestTimeoutError)
    assert listed["hangs"].provider == "hangs"
    assert listed["told"] == ["one", "two"]


# --- what is remembered ---------------------------------------------------------------------------------


async def test_a_list_is_remembered_for_a_while(
    providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve("openai_chat", models=["m-1"]) as server:
        providers["good"] = compatible("good", server.base_url)
        first = await model_list.models(["good"])
        assert isinstance(first["good"], list)
        first["good"].append("a caller's own")
        assert await model_list.models(["good"]) == {"good": ["m-1"]}
        assert len(server.requests) == 1
        await model_list.models(["good"], refresh=True)
        assert len(server.requests) == 2
        monkeypatch.setattr(model_list, "SECONDS", -1.0)
        await model_list.models(["good"], refresh=True)
        await model_list.models(["good"])
        assert len(server.requests) == 4


async def test_a_failure_is_not_remembered(providers: Providers) -> None:
    answers = iter([errors.ServerError("down"), ["m"]])

    class Recovers(AsyncGeneratorProvider):
        @classmethod
        async def list_models(cls) -> list[str]:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

    providers["recovers"] = Recovers
    assert isinstance((await model_list.models(["recovers"]))["recovers"], errors.ServerError)
    assert await model_list.models(["recovers"]) == {"recovers": ["m"]}


async def test_another_key_or_address_has_a_list_of_its_own(
    providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    providers["openai"] = OpenAI
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serve("openai_chat", models=["m-1"]) as one, serve("openai_chat", models=["m-2"]) as two:
        monkeypatch.setenv("OPENAI_BASE_URL", one.base_url)
        assert await model_list.models(["openai"]) == {"openai": ["m-1"]}
        monkeypatch.setenv("OPENAI_BASE_URL", two.base_url)
        assert await model_list.models(["openai"]) == {"openai": ["m-2"]}
        monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key")
        await model_list.models(["openai"])
        assert len(two.requests) == 2


# --- one provider's list --------------------------------------------------------------------------------


async def test_a_provider_without_a_list_gives_what_it_knows() -> None:
    class Knows(HTTPProvider):
        models = ("one",)

    assert await Knows.list_models() == ["one"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Failure("authentication"), errors.AuthenticationError),
        (Failure("permission"), errors.PermissionDeniedError),
        (Response(404, b"not found"), errors.ModelNotFoundError),
        (Response(200, b'{"data": 1}'), errors.ResponseFormatError),
        (Response(200, b"hello"), errors.ResponseFormatError),
        (Response(200, b""), errors.ResponseFormatError),
        (page(), errors.ResponseFormatError),
    ],
)
async def test_what_goes_wrong_is_said(reply: Any, expected: type[errors.ChatError]) -> None:
    with serve("openai_chat", models=reply) as server, pytest.raises(expected) as caught:
        await OpenAI.list_models(base_url=server.base_url, api_key=KEY)
    error = caught.value
    assert error.provider == "openai"
    assert error.__cause__ is error.__context__ is None
    frames = [frame.frame.f_locals for frame in caught.traceback]
    assert KEY not in repr([values for values in frames if "expected" not in values])


async def test_a_list_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_chat.providers.model_pages.MOST_PAGES", 3)
    body = b'{"data": [{"id": "m"}], "has_more": true, "last_id": "m"}'
    with serve("openai_chat", models=Response(200, body)) as server:
        assert await OpenAI.list_models(base_url=server.base_url) == ["m"]
        assert len(server.requests) == 3


async def test_a_list_that_is_too_large_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notebook_chat.providers.model_pages.LARGEST_PAGE", 100)
    with (
        serve("openai_chat", models=["m" * 200]) as server,
        pytest.raises(errors.ResponseFormatError, match="too large"),
    ):
        await OpenAI.list_models(base_url=server.base_url)
