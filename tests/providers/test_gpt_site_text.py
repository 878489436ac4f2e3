"""The raw text of AiAsk and ChatAnywhere, in whatever pieces it arrives."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_chat.errors import ContextLengthError, ProviderError, RateLimitError
from notebook_chat.events import Finish, TextDelta
from notebook_chat.providers.gpt_site import FAILED, QUOTA, TextReader
from notebook_chat.text import single_line

CUTS = st.lists(st.integers(1, 40), max_size=20)


def read(data: bytes, sizes: list[int]) -> str:
    """The text of an answer whose bytes arrive in pieces of the given sizes, the rest in single bytes."""
    reader = TextReader("aiask")
    events, place = [], 0
    for size in [*sizes, *[1] * len(data)]:
        events += reader.feed(data[place : place + size])
        place += size
    events += reader.flush()
    assert events[-1] == Finish("stop")
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@given(st.text(), CUTS)
@example("您的", [])
@example("请求", [2])
@example(f"The text {QUOTA} means that the quota is used up.", [])
@example(QUOTA[:-1], [5])
@example("  \n 请求失败", [])
@example("", [])
def test_an_answer_is_given_whole(text: str, sizes: list[int]) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert read(text.encode(), sizes) == text


@given(st.sampled_from(["", "\n", "\r\n ", "\n\n更多"]), CUTS)
def test_the_quota_text_is_a_rate_limit_and_never_an_answer(ending: str, sizes: list[int]) -> None:
    with pytest.raises(RateLimitError, match="rate limit") as caught:
        read((QUOTA + ending).encode(), sizes)
    assert isinstance(caught.value, RuntimeError)


@given(st.text(max_size=20), CUTS)
def test_a_failed_request_says_its_reason(reason: str, sizes: list[int]) -> None:
    reason = reason.encode("utf-8", "replace").decode().strip()
    with pytest.raises(ProviderError) as caught:
        read((FAILED + reason).encode(), sizes)
    assert caught.value.message == (single_line(reason) or "the request failed")


def test_a_context_that_is_too_long() -> None:
    with pytest.raises(ContextLengthError):
        read("请求失败啦，消息内容超过模型最大字数咯，请清空记录或者新开会话！".encode(), [])


@given(st.binary(max_size=60), CUTS)
def test_any_bytes_are_text_with_replacements(data: bytes, sizes: list[int]) -> None:
    assert read(data, sizes) == data.decode("utf-8", "replace")


def test_ordinary_text_is_not_held_back() -> None:
    reader = TextReader("aiask")
    assert reader.feed("您好".encode()) == [TextDelta("您好")]
    assert reader.feed("您的".encode()) == [TextDelta("您的")]
