"""Providers and plug-ins that would end the private loop, block it, or take no notice of it."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest

from notebook_chat import Chat, loop_thread, residents, runner
from notebook_chat.conversation import Conversation
from notebook_chat.errors import ChatError
from notebook_chat.providers import model_list, registry
from notebook_chat.renderers import Interrupted, Silent, play

from ..fakes import parrot
from ..servers.background import PATIENCE


class Odd(BaseException):
    """What no library knows."""


class Plain:
    """An async iterator that is no generator, so that what it raises comes as it is."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.count = error, 0

    def __aiter__(self) -> Plain:
        return self

    async def __anext__(self) -> str:
        self.count += 1
        if self.count == 1:
            return "so far"
        raise self.error


async def stops_itself(messages: Any) -> AsyncGenerator[str]:
    yield "so far"
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def in_a_task(messages: Any) -> AsyncGenerator[str]:
    async def evil() -> None:
        raise SystemExit(3)

    yield "so far"
    await asyncio.gather(evil(), asyncio.sleep(60))


async def in_its_end(messages: Any) -> AsyncGenerator[str]:
    try:
        yield "so far"
        raise ValueError("first")
    finally:
        raise SystemExit(4)


def raises(error: BaseException) -> Callable[..., AsyncGenerator[str]]:
    async def answer(messages: Any) -> AsyncGenerator[str]:
        yield "so far"
        raise error

    return answer


def at_once(error: BaseException) -> Callable[..., Any]:
    def answer(messages: Any) -> Any:
        raise error

    return answer


ENDS: dict[str, Any] = {
    "SystemExit": raises(SystemExit("bye")),
    "KeyboardInterrupt": raises(KeyboardInterrupt()),
    "GeneratorExit": raises(GeneratorExit()),
    "CancelledError": raises(asyncio.CancelledError()),
    "BaseException": raises(BaseException("bare")),
    "Odd": raises(Odd("odd")),
    "plain SystemExit": lambda messages: Plain(SystemExit(1)),
    "plain GeneratorExit": lambda messages: Plain(GeneratorExit()),
    "plain StopIteration": lambda messages: Plain(StopIteration("x")),
    "cancels its task": stops_itself,
    "in a task of its own": in_a_task,
    "in its end": in_its_end,
}


@pytest.fixture
def other() -> Iterator[Callable[[], str]]:
    """An answer that is on its way meanwhile, and what becomes of it."""
    go, got = threading.Event(), list[str]()

    async def slow(messages: Any) -> AsyncGenerator[str]:
        yield "the other"
        while not go.is_set():
            await asyncio.sleep(0.01)
        yield " goes on"

    thread = threading.Thread(target=lambda: got.append(Chat(provider=slow).ask("x")))
    thread.start()

    def end() -> str:
        go.set()
        thread.join(PATIENCE)
        return str(got[0])

    yield end
    end()


@pytest.mark.parametrize("kind", ENDS)
def test_what_would_end_the_loop_ends_one_answer(kind: str, other: Callable[[], str]) -> None:
    chat = Chat(provider=ENDS[kind])
    loop = loop_thread.current()
    with pytest.raises(Exception) as failed:  # noqa: PT011
        chat.ask("x")
    if "Stop" not in kind and "in its end" not in kind:
        assert isinstance(failed.value, ChatError)
        assert "\n" not in str(failed.value)
    assert not chat.conversation.busy
    assert [turn.answer for turn in chat.conversation.turns] == ["so far"]
    assert loop_thread.current() is loop
    assert Chat(provider=parrot()).ask("and now?") == "Hello you"
    assert other() == "the other goes on"


@pytest.mark.parametrize("error", [SystemExit(2), Odd(), GeneratorExit(), asyncio.CancelledError()])
def test_before_its_first_word(error: BaseException, other: Callable[[], str]) -> None:
    chat = Chat(provider=at_once(error))
    with pytest.raises(ChatError):
        chat.ask("x")
    assert not chat.conversation.busy
    assert other() == "the other goes on"


@pytest.mark.parametrize("kind", ["SystemExit", "GeneratorExit", "CancelledError", "Odd"])
async def test_on_the_callers_own_loop(kind: str) -> None:
    chat = Chat(provider=ENDS[kind])
    with pytest.raises(ChatError) as failed:
        await chat.ask_async("x")
    assert failed.value.partial == "so far"
    assert not chat.conversation.busy


async def test_a_cancellation_of_the_caller_stays_one() -> None:
    chat = Chat(provider=parrot(["so far", 60]))
    task = asyncio.create_task(chat.ask_async("x"))
    while not (chat.conversation.answering and chat.conversation.answering.progress.snapshot.text):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert chat.conversation.turns[0].answer == "so far"


def test_a_stray_task_or_callback_ends_nothing(other: Callable[[], str]) -> None:
    async def evil() -> None:
        raise SystemExit(5)

    def callback() -> None:
        raise KeyboardInterrupt

    async def answer(messages: Any) -> AsyncGenerator[str]:
        loop = asyncio.get_running_loop()
        loop.create_task(evil()).add_done_callback(lambda task: task.exception())
        loop.call_soon(callback)
        loop.call_soon(loop.stop)
        with pytest.raises(RuntimeError):
            loop.close()
        await asyncio.sleep(0.05)
        yield "fine"

    loop = loop_thread.current()
    assert Chat(provider=answer).ask("x") == "fine"
    assert loop_thread.current() is loop
    assert other() == "the other goes on"


def test_all_tasks_are_cancelled() -> None:
    async def answer(messages: Any) -> AsyncGenerator[str]:
        yield "so far"
        for task in asyncio.all_tasks():
            task.cancel()
        await asyncio.sleep(1)

    chats = [Chat(provider=parrot(["so far", 60])) for _ in range(3)]
    failures: list[BaseException] = []

    def ask(chat: Chat) -> None:
        try:
            chat.ask("x")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(chat,)) for chat in chats]
    for thread in threads:
        thread.start()
    while not all(
        one.conversation.answering and one.conversation.answering.progress.snapshot.text for one in chats
    ):
        time.sleep(0.01)
    ask(Chat(provider=answer))
    for thread in threads:
        thread.join(PATIENCE)
    assert len(failures) == 4
    assert all(isinstance(error, ChatError) for error in failures)
    assert [chat.conversation.turns[0].answer for chat in chats] == ["so far"] * 3
    assert Chat(provider=parrot()).ask("x") == "Hello you"


def test_a_closed_loop_ends_its_answers_in_words_and_another_one_begins() -> None:
    home = loop_thread.current()

    async def answer(messages: Any) -> AsyncGenerator[str]:
        yield "so far"
        loop: Any = asyncio.get_running_loop()
        loop.run_forever = loop.close
        loop.stop()
        await asyncio.sleep(60)

    with pytest.raises(ChatError):
        Chat(provider=answer).ask("x")
    assert Chat(provider=parrot()).ask("x") == "Hello you"
    assert loop_thread.current() is not home
    home.thread.join(PATIENCE)
    assert not home.thread.is_alive()


def test_another_policy_is_the_notebooks_own_affair() -> None:
    class Broken(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            raise OSError("no loop")

        def set_event_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
            raise OSError("no loop")

    before = asyncio.get_event_loop_policy()
    loop_thread.rest()
    asyncio.set_event_loop_policy(Broken())
    try:
        assert Chat(provider=parrot()).ask("x") == "Hello you"
    finally:
        asyncio.set_event_loop_policy(before)


# --- what blocks, and what goes on


@pytest.fixture
def interruptible() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_when(ready: threading.Event) -> threading.Thread:
    def send() -> None:
        ready.wait(PATIENCE)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def blocks(free: threading.Event, ready: threading.Event, how: str) -> Callable[..., AsyncGenerator[str]]:
    async def answer(messages: Any) -> AsyncGenerator[str]:
        yield "so far"
        await asyncio.sleep(0)
        ready.set()
        if how == "sleeps":
            while not free.wait(0.01):
                time.sleep(0.01)
        elif how == "computes":
            while not free.is_set():
                sum(range(1000))
        else:
            while not free.is_set():
                try:
                    await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    continue
        yield " and too late"

    return answer


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself are POSIX")
@pytest.mark.parametrize("how", ["sleeps", "computes", "swallows"])
@pytest.mark.parametrize("way", ["ask", "play"])
def test_an_interrupt_gives_the_prompt_back(interruptible: None, how: str, way: str) -> None:
    free, ready = threading.Event(), threading.Event()
    chat = Chat(provider=blocks(free, ready, how))
    home = loop_thread.current()
    thread = interrupt_when(ready)
    try:
        with pytest.raises(KeyboardInterrupt) as interrupted:
            if way == "ask":
                chat.ask("x")
            else:
                reply = chat.reply("x")
                play(reply, Silent())
        thread.join()
        if way == "ask":
            assert runner.LEFT in interrupted.value.__notes__[0]
        else:
            assert isinstance(interrupted.value, Interrupted)
            assert reply.notes == [runner.LEFT]
        assert not chat.conversation.busy
        assert [(turn.answer, turn.status) for turn in chat.conversation.turns] == [("so far", "stopped")]
        assert Chat(provider=parrot(), conversation=chat.conversation).ask("and now?") == "Hello you"
        assert (loop_thread.current() is home) == (how == "swallows")
    finally:
        free.set()
    if how != "swallows":
        home.thread.join(PATIENCE)  # what was left has ended, and the loop with it
        assert not home.thread.is_alive()
        assert home.loop.is_closed()
    assert [turn.answer for turn in chat.conversation.turns] == ["so far", "Hello you"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals to oneself are POSIX")
def test_what_runs_on_a_blocked_loop_goes_on_when_it_is_free(
    interruptible: None, other: Callable[[], str]
) -> None:
    free, ready = threading.Event(), threading.Event()
    thread = interrupt_when(ready)
    with pytest.raises(KeyboardInterrupt):
        Chat(provider=blocks(free, ready, "sleeps")).ask("x")
    thread.join()
    assert Chat(provider=parrot()).ask("x") == "Hello you"
    free.set()
    assert other() == "the other goes on"


def test_stop_ends_what_takes_no_notice_of_it() -> None:
    free, ready = threading.Event(), threading.Event()
    chat = Chat(provider=blocks(free, ready, "swallows"))
    stream = chat.stream("x")
    assert next(stream) == "so far"
    assert ready.wait(PATIENCE)
    assert chat.conversation.stop()
    until = time.monotonic() + PATIENCE
    while chat.conversation.busy and time.monotonic() < until:
        time.sleep(0.01)
    assert [(turn.answer, turn.status) for turn in chat.conversation.turns] == [("so far", "stopped")]
    free.set()
    assert list(stream) == []
    assert len(chat.conversation) == 1


async def test_a_provider_whose_end_never_comes_frees_the_conversation(monkeypatch: Any) -> None:
    async def answer(messages: Any) -> AsyncGenerator[str]:
        try:
            yield "so far"
            raise ValueError("then")
        finally:
            await asyncio.sleep(3600)

    monkeypatch.setattr("notebook_chat.run.STOP_SECONDS", 0.1)
    chat = Chat(provider=answer)
    task = asyncio.create_task(chat.ask_async("x"))
    while not chat.conversation.busy:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises((asyncio.CancelledError, ChatError)):
        await asyncio.wait_for(task, PATIENCE)
    assert not chat.conversation.busy


def test_a_loop_that_does_not_answer_messages_is_replaced(monkeypatch: Any) -> None:
    monkeypatch.setattr(loop_thread, "STUCK_SECONDS", 0.2)
    free, home, called = threading.Event(), loop_thread.current(), threading.Event()
    loop_thread.post(lambda: free.wait(PATIENCE))
    time.sleep(0.05)
    loop_thread.post(lambda: None)
    time.sleep(0.3)
    loop_thread.post(called.set)
    assert called.wait(PATIENCE)
    assert loop_thread.current() is not home
    free.set()
    home.thread.join(PATIENCE)
    assert not home.thread.is_alive()


def test_what_is_to_stay_begins_anew(monkeypatch: Any) -> None:
    monkeypatch.setattr(residents, "_AGAIN_SECONDS", 0.01)
    begun: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()

    async def work() -> None:
        begun.put((asyncio.get_running_loop(), asyncio.current_task()))
        await asyncio.sleep(3600)

    resident = residents.Resident(work)
    try:
        loop, task = begun.get(timeout=PATIENCE)
        loop.call_soon_threadsafe(task.cancel)  # as of somebody who cancels all there are
        assert begun.get(timeout=PATIENCE)[0] is loop
        loop_thread.replace(loop_thread.current())  # as of one that blocks
        other, task = begun.get(timeout=PATIENCE)
        assert other is not loop
    finally:
        resident.close()
    until = time.monotonic() + PATIENCE
    while not resident.done() and time.monotonic() < until:
        time.sleep(0.01)
    assert task.cancelled()
    assert begun.empty()


# --- callbacks, plug-ins


@pytest.mark.parametrize("error", [SystemExit(1), Odd(), GeneratorExit(), KeyboardInterrupt()])
def test_a_renderer_that_raises_leaves_nothing_running(error: BaseException) -> None:
    class Renderer(Silent):
        def show(self, snapshot: Any) -> None:
            raise error

    provider = parrot(["so far", 60])
    chat = Chat(provider=provider)
    with pytest.raises(type(error)):
        play(chat.reply("x"), Renderer())
    assert provider.closed.wait(PATIENCE)
    assert chat.conversation.turns[0].answer == "so far"
    assert Chat(provider=parrot()).ask("x") == "Hello you"


@pytest.mark.parametrize("error", [SystemExit(1), Odd(), ValueError(), KeyboardInterrupt()])
def test_a_subscriber_that_raises_ends_no_answer(error: BaseException, caplog: Any) -> None:
    def changed() -> None:
        raise error

    conversation = Conversation()
    conversation.subscribe(changed)
    assert Chat(provider=parrot(), conversation=conversation).ask("x") == "Hello you"
    assert len(conversation) == 1
    assert "a subscriber failed" in caplog.text


def test_a_list_of_models_that_exits_is_one_failure(monkeypatch: Any) -> None:
    class Exits:
        async def create_async_generator(self, model: str, messages: Any) -> AsyncGenerator[str]:
            yield ""

        def list_models(self) -> list[str]:
            sys.exit(3)

    real = model_list.get_provider
    monkeypatch.setattr(model_list, "get_provider", lambda name: Exits() if name == "odd" else real(name))
    listed = runner.run(model_list.models(["odd", "nobody"]))
    assert isinstance(listed["odd"], ChatError)
    assert "SystemExit" in str(listed["odd"])


def test_a_plug_in_that_exits_as_it_is_imported_is_told(monkeypatch: Any) -> None:
    class Point:
        dist = None
        value = "evil:Provider"

        def load(self) -> Any:
            sys.exit("no")

    monkeypatch.setattr(registry, "_plugins", lambda: {"evil": Point()})
    with pytest.raises(ChatError, match="does not load"):
        Chat("evil:x")


FORK = """
import asyncio, os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from notebook_chat import Chat

async def fine(messages):
    yield str(os.getpid())

async def forks(messages):
    yield "so far"
    if HOW == "comes back":
        child = os.fork()
        if child == 0:
            await asyncio.sleep(0)
            print("the child went on", flush=True)
            yield "twice"
    else:
        child = os.fork()
        if child == 0:
            try:
                asked = []
                import threading
                worker = threading.Thread(target=lambda: asked.append(Chat(provider=fine).ask("x")))
                worker.start(); worker.join(20)
                os._exit(0 if asked == [str(os.getpid())] else 9)
            finally:
                os._exit(8)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    yield f" {os.waitstatus_to_exitcode(status)}"

HOW = sys.argv[1]
print(Chat(provider=forks).ask("x"))
print(Chat(provider=fine).ask("x") == str(os.getpid()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(("how", "status"), [("comes back", 1), ("asks", 0)])
def test_a_provider_that_forks(how: str, status: int) -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", FORK, how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"so far {status}\nTrue\n", "")
