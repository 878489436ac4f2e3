"""Cells as people write them, in a real kernel: comments above, code above, odd characters, streams that are left."""

from __future__ import annotations

import pytest

from ..servers import Answer, Stall, echo
from .kernelspecs import INSTALLED, OLDER_VERSIONS
from .test_magics import Begin, answer_of, begin

__all__ = ["begin"]  # a fixture


@pytest.mark.parametrize("version", [INSTALLED, *OLDER_VERSIONS])
def test_comments_and_code_above(begin: Begin, version: str) -> None:
    kernel, server = begin(version=version)
    assert answer_of(kernel.run("# why?\n\n%%chat  # as before\r\nhi\r\nthere")) == "re hi\nthere"
    run = kernel.submit("x = 1\n%%chat\nhi")
    queued = kernel.submit("print('not reached')")
    assert run.wait().status == "error"
    [error] = run.errors
    assert error.ename == "InvalidOptionError"
    assert len(error.traceback) == 1
    assert "%%chat stands beneath code" in error.traceback[0]
    assert queued.wait().status == "aborted"
    assert kernel.run("%%time\n# timed\n%%chat\nhi").status == "ok"
    assert kernel.run("x = '''\n%%chat\n'''\nlen(x)").text == "8"
    assert len(server.requests) == 2


def test_half_of_a_character(begin: Begin) -> None:
    kernel, server = begin()
    kernel.run("half = chr(0xd83d)\nask = get_ipython().run_cell_magic")
    run = kernel.run("ask('chat', f'-s {half} -c {half}', f'hi {half}')", cell_id="a")
    assert answer_of(run) == "re hi \ufffd"
    assert [turn.text for turn in server.requests[0].turns] == ["\ufffd", "hi \ufffd"]
    assert "hi \ufffd" in kernel.run("%chat history \ufffd").text
    kernel.run("from notebook_chat import Chat\nchat = Chat('openai:test', system=half)")
    assert kernel.run("print(chat.ask('hi' + half))").text == "re hi\ufffd\n"


def test_a_stream_that_is_left_in_a_cell(begin: Begin) -> None:
    kernel, _ = begin(Answer("first", Stall()), echo(lambda turns: f"re {turns[-1].text}"))
    kernel.run("from notebook_chat import Chat\nchat = Chat('openai:test', conversation='default')")
    code = "stream = chat.stream_async('a')\nasync for piece in stream:\n    break\nprint(chat.ask('b'))"
    assert kernel.run(code).text == "re b\n"
    assert "(stopped)" in kernel.run("%chat history").text


def test_a_stream_that_was_left_does_not_hold_up_the_next_cell(begin: Begin) -> None:
    kernel, _ = begin(Answer("first", Stall()), echo(lambda turns: f"re {turns[-1].text}"))
    kernel.run("from notebook_chat import Chat\nchat = Chat('openai:test', conversation='default')")
    kernel.run("stream = chat.stream_async('a')\nasync for piece in stream:\n    break", cell_id="a")
    assert answer_of(kernel.run("%%chat\nb", cell_id="b")) == "re b"


def test_trio_in_a_cell(begin: Begin) -> None:
    pytest.importorskip("trio")
    kernel, _ = begin()
    kernel.run("import trio\nfrom notebook_chat import Chat\nchat = Chat('openai:test')")
    for code in ("trio.run(chat.ask_async, 'a')", "trio.run(chat.stream_async('a').__anext__)"):
        run = kernel.run(code)
        assert run.errors[0].ename == "ConfigurationError"
        assert "to_thread" in run.errors[0].evalue
    assert kernel.run("print(await chat.ask_async('b'))").text == "re b\n"
    assert kernel.run("print(chat.ask('c'))").text == "re c\n"
