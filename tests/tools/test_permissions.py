"""Who decides: the rules, where they come from, how long they hold, and the question where they say nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from notebook_chat import Chat
from notebook_chat.conversation import Conversation
from notebook_chat.errors import InvalidOptionError
from notebook_chat.messages import Message, ToolResultPart
from notebook_chat.secrets import Secret
from notebook_chat.tools import Reply, Verdict
from notebook_chat.tools.permissions import Permissions, Private, Rule, kept
from notebook_chat.tools.permissions.rules import Identity

from ..store.turns import say
from .deciding import YES, Thing, User, decided, with_user
from .scripted import Made, scripted
from .test_rounds import called, said

ALWAYS = Reply(True, "always")
CONVERSATION = Reply(True, "conversation")


async def test_reading_tools_and_given_ones_are_free_and_all_others_ask() -> None:
    permissions, user = with_user()
    assert (await decided(permissions, Thing(kind="notebook", server="", reads_only=True))).allowed
    assert (await decided(permissions, Thing(kind="function", server="", given=True))).allowed
    for kind in ("mcp", "edit", "run", "function"):
        assert not (await decided(permissions, Thing(kind=kind, server=""))).allowed
    assert [one.kind for one in user.asked] == ["mcp", "edit", "run", "function"]


async def test_nobody_can_be_asked_and_the_words_say_what_to_write() -> None:
    verdict = await decided(Permissions(way="write %chat tools allow {} in a cell before"), Thing())
    assert not verdict.allowed
    assert verdict.words == (
        "nobody can be asked here: to let it run, write %chat tools allow git__log in a cell before"
    )


async def test_where_nobody_can_be_asked_the_words_say_what_makes_it_ask() -> None:
    talk = Conversation()
    private = Private(["df"], lambda: {"df": 1})
    reads = Thing(reads=["df"], reads_only=True)
    words = (await decided(Permissions(private=lambda: private), reads, {}, talk)).words
    assert words.endswith("which is marked private (%config ChatMagics.private)")
    permissions = Permissions()
    permissions.rulebook.add(Rule("ask", "git__log"), "conversation", talk)
    words = (await decided(permissions, Thing(), {}, talk)).words
    assert words.endswith("the rule ask git__log (conversation); %chat tools forget takes it back")


async def test_a_yes_holds_once() -> None:
    permissions, user = with_user(YES, YES)
    for _ in range(2):
        assert (await decided(permissions, Thing())).allowed
    assert len(user.asked) == 2
    assert user.asked[0].scopes == ("once", "conversation", "always")


async def test_a_yes_for_the_conversation_ends_with_it() -> None:
    permissions, user = with_user(CONVERSATION)
    talk, other = Conversation(), Conversation()
    say(talk, "one")
    assert (await decided(permissions, Thing(), {}, talk)).allowed
    assert (await decided(permissions, Thing(), {"a": 1}, talk)).allowed
    assert (await decided(permissions, Thing(), {}, talk.aside())).allowed
    assert not (await decided(permissions, Thing(), {}, other)).allowed
    assert not (await decided(permissions, Thing(), {}, talk.branch("b"))).allowed
    say(talk, "two")
    assert (await decided(permissions, Thing(), {}, talk)).allowed
    talk.reset()
    say(talk, "three")
    assert not (await decided(permissions, Thing(), {}, talk)).allowed
    assert len(user.asked) == 4
    assert not kept.place().exists()


async def test_a_yes_for_a_notebook_is_kept_with_the_user_for_that_notebook() -> None:
    permissions, user = with_user(Reply(True, "notebook"), notebook=lambda: "/work/a.ipynb")
    assert (await decided(permissions, Thing())).allowed
    assert "notebook" in user.asked[0].scopes
    assert (await decided(Permissions(notebook=lambda: "/work/a.ipynb"), Thing())).allowed
    assert not (await decided(Permissions(notebook=lambda: "/work/b.ipynb"), Thing())).allowed
    assert not (await decided(Permissions(), Thing())).allowed


async def test_a_yes_for_ever_is_kept_for_the_user_alone_and_without_what_may_be_secret() -> None:
    tool = Thing(home="uvx server --token planted-secret-1")
    permissions, _ = with_user(ALWAYS)
    assert (await decided(permissions, tool)).allowed
    assert (await decided(Permissions(), tool)).allowed
    text = kept.place().read_text()
    assert "planted" not in text
    assert json.loads(text)["always"][0]["action"] == "allow"
    if os.name == "posix":
        assert kept.place().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (Thing(description="shows the log, and mails it"), "have changed"),
        (Thing(parameters={"type": "object", "properties": {"to": {}}}), "have changed"),
        (Thing(home="uvx evil"), "another server"),
        (Thing(name="git__log2"), ""),
        (Thing(server="git2", name="git__log"), ""),
        (Thing(kind="function"), ""),
        (Thing(kind="run"), ""),
    ],
)
async def test_another_tool_asks_again_and_says_why(other: Thing, why: str) -> None:
    permissions, user = with_user(ALWAYS)
    assert (await decided(permissions, Thing())).allowed
    assert not (await decided(permissions, other)).allowed
    assert why in user.asked[-1].why
    assert bool(why) == bool(user.asked[-1].why)


async def test_a_yes_for_these_arguments_holds_for_these_alone() -> None:
    permissions, _ = with_user(Reply(True, "always", exact=True))
    arguments = {"n": 1, "deep": {"b": [1, "x"], "a": True}}
    assert (await decided(permissions, Thing(), arguments)).allowed
    assert (await decided(permissions, Thing(), {"deep": {"a": True, "b": [1, "x"]}, "n": 1})).allowed
    for wrong in (
        {},
        {**arguments, "n": 1.0},
        {**arguments, "n": True},
        {**arguments, "n": "1"},
        {**arguments, "more": None},
        {**arguments, "deep": {"b": [1, "x\u200b"], "a": True}},
        {**arguments, "deep": {"b": [1, "x"], "a": 1}},
    ):
        assert not (await decided(permissions, Thing(), wrong)).allowed, wrong


async def test_deny_counts_before_ask_and_that_before_allow_wherever_they_stand() -> None:
    permissions, user = with_user(YES)
    talk = Conversation()
    permissions.rulebook.add(Rule("allow", "git:*"), "conversation", talk)
    assert (await decided(permissions, Thing(), {}, talk)).allowed
    assert not user.asked
    permissions.rulebook.add(Rule("ask", "git__log"), "always", talk)
    assert (await decided(permissions, Thing(), {}, talk)).allowed
    assert user.asked[0].why == "the rule ask git__log (always)"
    assert user.asked[0].scopes == ("once",)
    permissions.rulebook.add(Rule("deny", "mcp"), "conversation", talk)
    verdict = await decided(permissions, Thing(), {}, talk)
    assert verdict.words == "the rule deny mcp (conversation) forbids it"
    assert permissions.rulebook.forget("mcp", talk) == 1
    assert permissions.rulebook.forget("*", talk) == 2
    assert len(user.asked) == 1


async def test_rules_hold_for_free_tools_too() -> None:
    permissions, user = with_user()
    talk = Conversation()
    permissions.rulebook.add(Rule("deny", "notebook"), "conversation", talk)
    permissions.rulebook.add(Rule("ask", "function:add"), "conversation", talk)
    assert not (await decided(permissions, Thing(kind="notebook", reads_only=True), {}, talk)).allowed
    assert not (await decided(permissions, Thing("add", "function", given=True), {}, talk)).allowed
    assert len(user.asked) == 1


async def test_a_no_to_all_holds_for_the_answer_that_is_coming() -> None:
    talk = Conversation()
    permissions, user = with_user(Reply(False, rest=True, words="wrong table"), YES)
    coming: Any = SimpleNamespace(snapshot=SimpleNamespace(text=""))
    draft = talk.begin(Message("user", "go"))
    talk.follow(draft, coming)
    first = await decided(permissions, Thing(), {}, talk)
    assert first.words == "the user said no: wrong table"
    assert not (await decided(permissions, Thing(), {"a": 2}, talk)).allowed
    talk.discard(draft)
    talk.follow(talk.begin(Message("user", "again")), coming)
    assert (await decided(permissions, Thing(), {}, talk)).allowed
    assert len(user.asked) == 2


async def test_arguments_that_the_user_writes_are_run_checked_and_within_the_rules() -> None:
    tool = Thing(parameters={"type": "object", "properties": {"n": {"type": "integer"}}})
    permissions, user = with_user(Reply(True, arguments={"n": "x"}), Reply(True, arguments={"n": 3}))
    assert await decided(permissions, tool, {"n": 1}) == Verdict(True, {"n": 3})
    assert "do not fit" in user.asked[1].why
    assert user.asked[1].arguments == {"n": "x"}
    talk = Conversation()
    permissions, _ = with_user(Reply(True, arguments={"n": 5}))
    permissions.rulebook.add(Rule("deny", "git__log(n=5)"), "conversation", talk)
    assert not (await decided(permissions, tool, {"n": 1}, talk)).allowed


async def test_a_scope_that_was_not_offered_is_none() -> None:
    permissions, _ = with_user(
        Reply(True, "always"), None, private=lambda: Private(["df"], lambda: {"df": 1})
    )
    assert (await decided(permissions, Thing(kind="run", server=""))).allowed
    assert not (await decided(permissions, Thing(kind="run", server=""))).allowed
    assert not kept.place().exists()


async def test_questions_come_one_after_the_other_and_an_answer_counts_for_those_that_wait() -> None:
    open_ = 0

    class Slow(User):
        async def ask(self, confirmation: Any) -> Reply | None:
            nonlocal open_
            open_ += 1
            assert open_ == 1
            await asyncio.sleep(0.02)
            open_ -= 1
            return await super().ask(confirmation)

    user, talk = Slow(CONVERSATION), Conversation()
    permissions = Permissions(user)
    verdicts = await asyncio.gather(*(decided(permissions, Thing(), {}, talk) for _ in range(4)))
    assert all(one.allowed for one in verdicts)
    assert len(user.asked) == 1


# --- the file of the rules


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1, "others": []}',
        '{"always": [{"action": "allow", "pattern": "*", "more": 1}]}',
        '{"always": [{"action": "perhaps", "pattern": "*"}]}',
        '{"always": [{"action": "allow", "pattern": "git\\u202e"}]}',
        '{"always": [{"action": "allow", "pattern": "x(a="}]}',
        '{"always": ' + "[" * 100_000,
        "\ud800",
    ],
)
async def test_nothing_is_allowed_by_a_damaged_file_which_stays(text: str) -> None:
    kept.place().write_bytes(text.encode("utf-8", "surrogatepass"))
    permissions, user = with_user(None, ALWAYS)
    talk = Conversation()
    for tool in (Thing(), Thing(kind="notebook", reads_only=True)):
        user.replies = [None]
        assert not (await decided(permissions, tool, {}, talk)).allowed
        assert "are not usable" in user.asked[-1].why
        assert user.asked[-1].scopes == ("once",)
    with pytest.raises(Exception, match="not usable"):
        permissions.rulebook.add(Rule("allow", "*"), "always", talk)
    assert kept.place().read_bytes() == text.encode("utf-8", "surrogatepass")


@pytest.mark.skipif(os.name != "posix", reason="files have owners")
async def test_a_file_that_others_can_write_to_allows_nothing() -> None:
    permissions, _ = with_user(ALWAYS)
    assert (await decided(permissions, Thing())).allowed
    kept.place().chmod(0o666)
    assert not (await decided(permissions, Thing())).allowed


@pytest.mark.process
def test_rules_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    code = (
        "import sys; from notebook_chat.tools.permissions import kept, Rule\n"
        "for n in range(20): kept.change(None, lambda rules: (*rules, Rule('deny', f'{sys.argv[1]}__{n}')))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, f"p{n}"]) for n in range(3)]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    assert len(kept.read().always) == 60


# --- what is private


@pytest.mark.parametrize(
    "arguments",
    [
        {"q": "who is Barbara Liskov?"},
        {"q": "barbara   LISKOV"},
        {"q": "Barbara%20Liskov"},
        {"q": "Barbara\\u0020Liskov"},
        {"q": "QmFyYmFyYSBMaXNrb3Y="},
        {"q": "eHhCYXJiYXJhIExpc2tvdnh4"},
        {"q": "42617262617261204c69736b6f76"},
        {"q": "vokšiL arabraB"[::-1].replace("š", "s")},
        {"deep": [{"Barbara Liskov": 1}]},
        {"a": "Barbara ", "b": "Liskov"},
        {"n": 4711.0815},
        {"n": "4,711.0815"},
        {"note": "and the third cell of the free text which is long enough to be known"},
        {"big": "x" * 200_000},
        {"secret": "the value itself"},
    ],
)
async def test_what_would_be_sent_of_what_is_private_asks_though_it_is_allowed(
    arguments: dict[str, Any],
) -> None:
    df = pd.DataFrame(
        {
            "name": ["Barbara Liskov", "x"],
            "balance": [4711.0815, 1.0],
            "text": [
                "",
                "this is and the third cell of the free text which is long enough to be known by it",
            ],
        }
    )
    private = Private(["df", "The Value Itself"], lambda: {"df": df, "other": 1})
    permissions, user = with_user(private=lambda: private)
    talk = Conversation()
    permissions.rulebook.add(Rule("allow", "*"), "conversation", talk)
    for tool in (Thing(), Thing("f", "function", server="", given=True)):
        assert not (await decided(permissions, tool, arguments, talk)).allowed
        assert user.asked[-1].scopes == ("once",)
        assert "private" in user.asked[-1].why
    assert (await decided(permissions, Thing(), {"q": "how many rows are there?", "n": 12}, talk)).allowed


async def test_what_would_read_what_is_private_asks_though_it_is_free() -> None:
    private = Private(["df", "secret_*"], dict)
    permissions, user = with_user(private=lambda: private)
    for reads, allowed in (
        (["x"], True),
        (["df"], False),
        (['df["a"]'], False),
        (["secret_1.x"], False),
        (["ｄｆ"], False),
        (["dfx"], True),
    ):
        tool = Thing(kind="notebook", server="", reads_only=True, reads=reads)
        assert (await decided(permissions, tool)).allowed is allowed, reads
    talk = Conversation()
    permissions.rulebook.add(Rule("allow", "run"), "conversation", talk)
    assert not (await decided(permissions, Thing("run_code", "run", server=""), {"code": "1"}, talk)).allowed
    assert "code can read" in user.asked[-1].why


async def test_a_key_that_is_in_use_asks() -> None:
    key = Secret("sk-planted-0123456789abcdef")
    permissions, user = with_user()
    talk = Conversation()
    permissions.rulebook.add(Rule("allow", "git:*"), "conversation", talk)
    assert not (await decided(permissions, Thing(), {"h": f"Bearer {key.reveal()}"}, talk)).allowed
    assert "key that is in use" in user.asked[0].why


# --- in a Chat


def asked_of(permit: Any, tool: Made) -> ToolResultPart:
    chat = Chat(provider=scripted(called(("c", tool.name, "{}")), said("fine")), tools=[tool], permit=permit)
    chat.ask("go")
    [result] = [part for part in chat.conversation.turns[-1].parts if isinstance(part, ToolResultPart)]
    return result


async def yes_async(confirmation: Any) -> bool:
    return True


@pytest.mark.parametrize(
    ("permit", "runs"),
    [
        (None, False),
        (lambda confirmation: True, True),
        (lambda confirmation: False, False),
        (lambda confirmation: None, False),
        (lambda confirmation: "no", False),
        (lambda confirmation: 1, False),
        (lambda confirmation: Reply(True), True),
        (yes_async, True),
        ("ask", False),
    ],
)
def test_what_a_chat_may_be_given_as_its_permit(permit: Any, runs: bool) -> None:
    tool = Made("wipe", lambda _: "gone", given=False)
    result = asked_of(permit, tool)
    assert bool(tool.ran) is runs
    assert result.is_error is not runs
    if permit is None:
        assert "Chat(permit=" in result.parts[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("permit", ["never", 1, True, int, object()])
def test_what_is_no_permit(permit: Any) -> None:
    with pytest.raises(InvalidOptionError, match="permit must be"):
        Chat(provider=scripted(said("x")), permit=permit)


def test_another_permit_decides_alone() -> None:
    class Own:
        async def decide(self, call: Any, tell: Any) -> Verdict:
            return Verdict(call.arguments == {})

    tool = Made("wipe", lambda _: "gone", given=False)
    assert not asked_of(Own(), tool).is_error


def test_a_rule_names_the_tool_as_it_was() -> None:
    tool = Thing()
    rule = Rule("allow", "git:*", Identity.of(tool))
    from notebook_chat.tools.permissions.rules import subject_of

    assert rule.match(tool, subject_of(tool, {})) == "holds"
    assert rule.match(Thing(description="else"), subject_of(tool, {})) == "changed"
