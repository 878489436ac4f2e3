"""Files and prompts to reuse on the line of ``%%chat``, in a real shell, to real servers."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import Any

import pytest

from notebook_chat import Chat
from notebook_chat.errors import InvalidMessagesError
from notebook_chat.magics.arguments import cell_parser
from notebook_chat.magics.command_table import complete
from notebook_chat.magics.reused_prompt import take_prompt
from notebook_chat.messages import ImagePart, Message, TextPart, without_images
from notebook_chat.prompt import Extra, Filled
from notebook_chat.providers import AiAsk, Local, OpenAI
from notebook_chat.providers.adapters import adapt
from notebook_chat.store import prompt_of

from ..fakes import parrot
from ..servers import Answer
from ..servers.fixtures import ServerFactory
from ..test_magics import completions, notebook, provider, run, shared_shell, shell
from .web import serving

__all__ = ["provider", "shared_shell", "shell"]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's folder, with some files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "home"))
    Path("data.csv").write_text("a,b\n1,2\n3,4\n", "utf-8")
    Path("my notes.txt").write_text("remember {a} and `b`\n", "utf-8")
    Path("dot.png").write_bytes(PNG)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.py").write_text("x = 1\n", "utf-8")
    (tmp_path / ".chat").mkdir()
    return tmp_path


def prompt_file(text: str, name: str = "x.md", where: str = ".chat") -> None:
    Path(where).mkdir(parents=True, exist_ok=True)
    (Path(where) / name).write_text(text, "utf-8")


# --- files


def test_files_go_along_and_that_is_said(shell: Any, provider: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%%chat -a data.csv --attach 'my notes.txt' parrot:grey\nWhat is this?")
    assert fine
    text = provider.requests[0][-1].text
    assert text.startswith(
        "File data.csv (2 × 2):\n```csv\n[Fields separated by commas. Columns: a (whole number)"
    )
    assert "\n\nFile my notes.txt (1 line):\n```\nremember {a} and `b`\n```\n\nWhat is this?" in text
    assert "with data.csv (2 × 2), my notes.txt (1 line)" in out
    [turn] = notebook(shell).conversation().turns
    assert turn.asked == "What is this?"
    run(shell, capsys, "%%chat\nand on")
    assert provider.requests[1][0].text == text


def test_a_file_is_not_filled_in(
    shell: Any, provider: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        "notebook_chat.composition.fill", lambda text, values, **_: seen.append(text) or Filled(text)
    )
    shell.user_ns["a"] = 1
    run(shell, capsys, '%%chat -a "my notes.txt"\n{a}')
    assert seen == ["{a}"]


def test_how_much_is_sent_can_be_said(shell: Any, provider: Any, capsys: Any) -> None:
    Path("long.txt").write_text("word\n" * 50_000, "utf-8")
    run(shell, capsys, "%%chat -a long.txt --file-tokens 50\nhi")
    assert len(provider.requests[0][-1].text) < 400
    out, _ = run(shell, capsys, "%%chat -a long.txt\nhi")
    assert "first 6,600 and last 6,599 of 50,000 lines" in out


def test_an_address_is_fetched_and_said(shell: Any, provider: Any, capsys: Any) -> None:
    with serving() as web:
        url = web.has("/a.txt", b"content")
        out, _ = run(shell, capsys, f"%%chat -a {url}?token=hunter2hunter2\nhi")
    assert f"with {url}?… (fetched, 7 bytes, 1 line)" in out
    assert "hunter2" not in out + provider.requests[0][-1].text
    assert "content" in provider.requests[0][-1].text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-a dta.csv", "there is no file dta.csv. Did you mean data.csv?"),
        ("-a sub", "sub is a folder. For the files in it write sub/*."),
        ("-a *.nope", "no file matches *.nope"),
        ("-a", "-a/--attach: expected one argument"),
        ("-a data.csv sub/x.py", "sub/x.py is a file: write -a before each"),
        ("-a data.csv --file-tokens 0", "file_tokens must be a whole number, 1 or more"),
        ("-a /dev/zero", "it is a device, not a file"),
        ("-a ftp://host/x", "cannot be fetched"),
    ],
)
def test_what_cannot_be_attached_gets_one_line(shell: Any, capsys: Any, line: str, words: str) -> None:
    out, fine = run(shell, capsys, f"%%chat {line}\nhi")
    assert not fine
    assert words in out
    assert len(out.strip().splitlines()) == 1
    assert len(notebook(shell).conversation()) == 0


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic", "gemini", "ollama"])
def test_the_body_holds_the_files(dialect: str, vendor_server: ServerFactory) -> None:
    server = vendor_server(dialect, Answer("Fine"))
    name = {"openai_chat": "openai", "openai_responses": "openai-responses"}.get(dialect, dialect)
    chat = Chat(f"{name}:model-a", base_url=server.base_url, api_key="sk-test-0123456789")
    chat.ask("What is this?", files=["data.csv", "dot.png"])
    [request] = server.requests
    text = request.turns[-1].text
    assert text.startswith("File data.csv (2 × 2):\n")
    assert "b (whole number).]\na,b\n1,2\n3,4\n```\n\nImage dot.png:\n\n" in text
    assert text.endswith("What is this?")
    assert ImagePart(PNG, "image/png").base64 in request.body.decode()


# --- images for those who take none


def test_who_takes_images() -> None:
    assert OpenAI.takes_images
    assert not Local.takes_images
    assert not AiAsk.takes_images

    async def elsewhere(messages: Any) -> Any:
        yield "x"

    assert not adapt(elsewhere).takes_images
    elsewhere.takes_images = True  # type: ignore[attr-defined]
    assert adapt(elsewhere).takes_images


def blind(script: Any = ("fine",)) -> Any:
    found = parrot(script)
    found.takes_images = False
    return found


@pytest.mark.parametrize(
    "given",
    [
        {"images": [PNG]},
        {"files": ["dot.png"]},
        {"prompt": Message("user", (TextPart("x"), ImagePart(PNG, "image/png")))},
    ],
    ids=str,
)
def test_an_image_of_the_users_own_is_refused(given: dict[str, Any]) -> None:
    found = blind()
    chat = Chat(provider=found)
    with pytest.raises(InvalidMessagesError, match=r"^parrot:grey takes no images\. Ask another model, or"):
        chat.ask(**{"prompt": "x", **given})
    assert found.requests == []


def test_an_image_of_a_value_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    image = ImagePart(PNG, "image/png")
    extras = (
        Extra("fig", (TextPart("a figure"), image), "640 × 480"),
        Extra("only", (image,)),
        Extra("n", ()),
    )
    monkeypatch.setattr("notebook_chat.composition.fill", lambda text, values, **_: Filled(text, extras))
    found, sees = blind(), parrot(["fine"])
    chat = Chat(provider=found)
    chat.ask("look at fig", values={})
    assert found.requests[0][-1].content == "look at fig\n\na figure"
    assert [one.told for one in chat.conversation.turns[0].included] == [
        "fig (640 × 480, as text)",
        "only (as text)",
        "n",
    ]
    chat = Chat(provider=sees)
    chat.ask("look at fig", values={})
    assert [type(part) for part in sees.requests[0][-1].parts] == [TextPart, ImagePart, ImagePart]


def test_an_image_of_an_earlier_turn_becomes_words() -> None:
    sees, found = parrot(["a dot"]), blind()
    chat = Chat(provider=sees)
    chat.ask("what is it?", images=[PNG])
    Chat(provider=found, conversation=chat.conversation).ask("and its color?")
    assert [message.content for message in found.requests[0]] == [
        "what is it?\n(an image, which cannot be shown here)\n", "a dot", "and its color?",
    ]  # fmt: skip
    assert isinstance(chat.conversation.turns[0].prompt.parts[1], ImagePart)
    kept = Message("user", (TextPart("x"),))
    assert without_images([kept])[0] is kept


# --- prompts to reuse


def test_a_prompt_is_asked_by_its_name(shell: Any, provider: Any, capsys: Any) -> None:
    prompt_file("---\nsystem: Be brief.\ntemperature: 0.5\nmodel: parrot:green\n---\nExplain {{ topic }}.")
    out, fine = run(shell, capsys, '%%chat @x topic="two words" -o answer\nAnd say {hello}.')
    assert fine
    assert out.startswith(
        "@x from .chat/x.md: model parrot:green, a system prompt of 9 characters from this turn on, temperature 0.5\n"
    )
    assert [message.text for message in provider.requests[0]] == [
        "Be brief.",
        "Explain two words.\n\nAnd say {hello}.",
    ]
    assert shell.user_ns["answer"].model == "parrot:green"
    [turn] = notebook(shell).conversation().turns
    assert turn.asked == '@x topic="two words" -o answer\nAnd say {hello}.'
    assert turn.options == {"temperature": 0.5}


def test_a_cell_with_a_prompt_to_reuse_is_recognized_by_what_stands_in_it(
    shell: Any, provider: Any, capsys: Any
) -> None:
    prompt_file("Explain {{ topic }}.")
    for cell in (
        "%%chat @x topic=1",
        "%%chat -t 1 @x topic='a b'  \nbody\n",
        '%%chat -s "mail me @home"\nhello @x y',
    ):
        run(shell, capsys, cell)
        turn = notebook(shell).conversation().turns[-1]
        assert turn.asked == prompt_of(cell)
    assert turn.asked == "hello @x y"


def test_an_exported_notebook_needs_no_file(shell: Any, provider: Any, capsys: Any) -> None:
    prompt_file("Explain {{ topic }}.")
    run(shell, capsys, "%%chat @x topic=this")
    run(shell, capsys, "%chat export talk.ipynb")
    assert "Explain this." in Path("talk.ipynb").read_text("utf-8")
    run(shell, capsys, "%chat export talk.md")
    assert "@x topic=this" in Path("talk.md").read_text("utf-8")


def test_a_link_beside_the_notebook_leads_nowhere_else(
    shell: Any, capsys: Any, tmp_path_factory: Any
) -> None:
    secret = tmp_path_factory.mktemp("private") / "id_rsa"
    secret.write_text("SECRET", "utf-8")
    Path(".chat/x.md").symlink_to(secret)
    Path("shared.md").write_text("fine", "utf-8")
    Path(".chat/y.md").symlink_to("../shared.md")
    out, fine = run(shell, capsys, "%%chat @x")
    assert not fine
    assert ".chat/x.md is a link that leads out of the notebook's folder. Copy the file there" in out
    assert "SECRET" not in run(shell, capsys, "%chat prompts x")[0]
    assert run(shell, capsys, "%%chat @y")[1]


def test_the_line_wins_over_the_file(shell: Any, provider: Any, capsys: Any) -> None:
    prompt_file(
        "---\nsystem: Be brief.\ntemperature: 0.5\nmodel: nowhere:green\nmax_tokens: 5\n---\nExplain."
    )
    out, fine = run(shell, capsys, '%%chat -t 1 @x -m parrot:grey -s "" --max-tokens 9')
    assert fine
    assert out.startswith("@x from .chat/x.md\n")
    assert [message.text for message in provider.requests[0]] == ["Explain."]
    assert provider.options_seen[0] == {"temperature": 1, "max_tokens": 9}


def test_the_users_own_is_asked_without_a_word(shell: Any, provider: Any, capsys: Any) -> None:
    prompt_file("---\nmodel: parrot:green\n---\nExplain.", where="home/prompts")
    out, _ = run(shell, capsys, "%%chat @x")
    assert out.startswith("You said: Explain.")
    prompt_file("---\ntools: [a]\n---\nExplain.", where="home/prompts")
    out, _ = run(shell, capsys, "%%chat @x")
    assert out.startswith("@x (not used here: tools)\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("@y", "there is no prompt @y"),
        ("@../x", "no prompt can be called '../x'"),
        ("@", "no prompt can be called ''"),
        ("@x", "@x needs topic. Write @x topic=…."),
        ("@x topik=1", "@x has no parameter 'topik'. It has topic."),
        ("@x topic=1 topic=2", "the parameter 'topic' is given twice"),
        ("@x @y topic=1", "two prompts are named, @x and @y"),
        ("@x topic = 1", "unexpected words"),
        ("@broken", ".chat/broken.md is not YAML as it is read here, line 2"),
        ("@loads", ".chat/loads.md names a file as the model, local:/tmp/evil.gguf. To load it, write -m"),
        ("@hub", "names a file as the model, local:hf:a/b:c.gguf"),
        ("@bare", "names a file as the model, evil.gguf"),
        ("@seed", "parrot has no option 'seed'"),
    ],
)
def test_what_cannot_be_asked_gets_one_line(shell: Any, capsys: Any, line: str, words: str) -> None:
    prompt_file("{{ topic }}")
    prompt_file("---\n[\n---\n", "broken.md")
    prompt_file("---\nmodel: local:/tmp/evil.gguf\n---\nt", "loads.md")
    prompt_file("---\nmodel: local:hf:a/b:c.gguf\n---\nt", "hub.md")
    prompt_file("---\nmodel: evil.gguf\n---\nt", "bare.md")
    prompt_file("---\nseed: 3\n---\nt", "seed.md")
    out, fine = run(shell, capsys, f"%%chat {line}\nhi")
    assert not fine
    lines = out.strip().splitlines()
    assert words in lines[-1]
    assert len(lines) == 1 + (line == "@seed")
    assert len(notebook(shell).conversation()) == 0


def test_a_hostile_file_says_nothing_that_passes_for_ours(shell: Any, capsys: Any) -> None:
    prompt_file('---\nmodel: "parrot:\\e[2J\\ngrey"\n"\\e]0;x\\a\\nkey": x\n---\nt')
    out, _ = run(shell, capsys, "%%chat @x")
    assert "\x1b" not in out
    assert out.startswith("@x from .chat/x.md: model parrot:␛[2J grey (not used here: ␛]0;x␇ key)\n")


def test_flags_keep_their_values(shell: Any) -> None:
    words = ["-s", "@not", "@x", "a=1", "--param", "b=2", "-o", "name", "c=d=e", "parrot"]
    name, given, rest = take_prompt(words, cell_parser())
    assert (name, given) == ("x", {"a": "1", "c": "d=e"})
    assert rest == ["-s", "@not", "--param", "b=2", "-o", "name", "parrot"]
    assert take_prompt(["a=1", "-m", "@x"], cell_parser()) == (None, {}, ["a=1", "-m", "@x"])


def test_prompts_are_listed_and_shown(shell: Any, capsys: Any) -> None:
    out, _ = run(shell, capsys, "%chat prompts")
    assert out.startswith("There are none yet: %%chat @explain asks what stands in .chat/explain.md")
    prompt_file("---\ndescription: Explains.\nparameters: {topic: x}\n---\nt\u200b", "explain.md")
    prompt_file("---\n[", "broken.md")
    prompt_file("t", "explain.md", "home/prompts")
    out, _ = run(shell, capsys, "%chat prompts")
    lines = out.splitlines()
    assert lines[1].split() == ["@broken", *lines[1].split()[1:]]
    assert "begins with ---" in lines[1]
    assert lines[2].split() == ["@explain", "topic=x", "Explains.", ".chat"]
    assert lines[3].endswith("home/prompts (the one above is used)")
    out, _ = run(shell, capsys, "%chat prompts @explain")
    assert "[.chat/explain.md]\n---\ndescription: Explains." in out
    assert "t‹U+200B›" in out
    out, fine = run(shell, capsys, "%chat prompts nope")
    assert not fine
    assert "there is no prompt @nope" in out


# --- completion


@pytest.mark.parametrize(
    ("text", "token", "expected"),
    [
        ("%%chat -a da", "da", ["data.csv"]),
        ("%%chat -a sub/", "sub/", ["sub/x.py"]),
        ("%%chat --attach su", "su", ["sub/"]),
        ("%%chat -a m", "m", ['m"y notes.txt"']),
        ('%%chat -a my" no', "no", ['notes.txt"']),
        ("%%chat -a my", "my", ['my" notes.txt"']),
        ('%%chat -a "a b/', "b/", ['b/c d.txt"']),
        ('%%chat -a a" b"/', '"/', ['"/"c d.txt"']),
        ("%%chat -a a", "a", ['a" b"/']),
        ('%%chat -a "my no', "no", ['notes.txt"']),
        ("%%chat -a nope", "nope", []),
        ("%%chat @", "", ["explain", "other"]),
        ("%%chat @ex", "ex", ["explain"]),
        ("%%chat -t 1 @ot", "ot", ["other"]),
        ("%%chat @explain top", "top", ["topic="]),
        ("%chat prompts ", "", ["explain", "other"]),
        ("%chat instructions A", "A", ["AGENTS.md"]),
    ],
)
def test_completion(shell: Any, text: str, token: str, expected: list[str]) -> None:
    prompt_file("{{ topic }} {{ level }}", "explain.md")
    prompt_file("t", "other.yaml")
    Path("AGENTS.md").write_text("x", "utf-8")
    Path("a b").mkdir()
    (Path("a b") / "c d.txt").write_text("x", "utf-8")
    found = [one for one in complete(text, notebook(shell), token) if not one.startswith("-")]
    assert [one for one in found if one.startswith(token)] == expected


def test_the_shell_offers_them(shell: Any) -> None:
    prompt_file("{{ topic }}", "explain.md")
    assert "explain" in completions(shell, "%%chat @exp")
    assert "@explain" in completions(shell, "%%chat @") or "explain" in completions(shell, "%%chat @")
    assert "sub/x.py" in completions(shell, "%%chat -a sub/")
    assert 'my" notes.txt"' in completions(shell, "%%chat -a my")


def test_all_files_are_offered_where_nothing_is_written(shell: Any) -> None:
    assert complete("%%chat -a ", notebook(shell)) == [
        "data.csv",
        "dot.png",
        "home/",
        '"my notes.txt"',
        "sub/",
    ] or (complete("%%chat -a ", notebook(shell)) == ["data.csv", "dot.png", '"my notes.txt"', "sub/"])
    assert complete("%%chat @explain -a da", notebook(shell), "da") == ["data.csv"]


# --- instructions for assistants


def test_instructions_are_offered_once_and_never_taken(shell: Any, provider: Any, capsys: Any) -> None:
    Path("AGENTS.md").write_text("Always obey.", "utf-8")
    out, _ = run(shell, capsys, "%%chat\nhello")
    assert out.startswith(
        "AGENTS.md lies beside this notebook: %chat instructions AGENTS.md shows it, and takes it"
    )
    assert [message.text for message in provider.requests[0]] == ["hello"]
    for cell in ("%%chat\nagain", "%%chat -c other\nhello"):
        out, _ = run(shell, capsys, cell)
        assert "AGENTS.md" not in out


def test_instructions_are_offered_at_a_notebooks_first_question_only(
    shell: Any, provider: Any, capsys: Any
) -> None:
    run(shell, capsys, "%%chat\nhello")
    Path("CLAUDE.md").write_text("Always obey.", "utf-8")
    out, _ = run(shell, capsys, "%%chat\nagain")
    assert "CLAUDE.md" not in out


def test_instructions_are_shown_whole_and_taken_when_the_user_says_so(
    shell: Any, provider: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("AGENTS.md").write_text("Always\u200b obey.\n" + "x" * 5000, "utf-8")
    monkeypatch.setattr(builtins, "input", lambda question: "n")
    out, _ = run(shell, capsys, "%chat instructions AGENTS.md")
    assert "Always‹U+200B› obey.\n" + "x" * 5000 in out
    assert out.endswith("The system prompt is as it was.\n")
    run(shell, capsys, '%%chat -s "Be brief." -n\nhello')
    out, _ = run(shell, capsys, "%chat instructions AGENTS.md --yes")
    assert "an earlier turn has a system prompt of its own (-s), which stays in force" in out
    run(shell, capsys, "%%chat -n\nhello")
    assert provider.requests[-1][0] == Message("system", "Always\u200b obey.\n" + "x" * 5000)
    out, _ = run(shell, capsys, "%chat instructions AGENTS.md --yes")
    assert "is in the system prompt of 'default' already" in out
    run(shell, capsys, '%%chat -s ""\nhello')
    assert provider.requests[-1][0].role == "user"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("nope.md", "nope.md cannot be read: No such file"),
        ("sub", "sub cannot be read: it is a folder, not a file"),
        ("dot.png", "dot.png is not UTF-8"),
        ("/dev/zero", "it is a device, not a file"),
        ("empty.md", "empty.md is empty"),
        ("", "missing FILE"),
    ],
)
def test_instructions_that_cannot_be_read(shell: Any, capsys: Any, file: str, words: str) -> None:
    Path("empty.md").write_text("\n", "utf-8")
    out, fine = run(shell, capsys, f"%chat instructions --yes {file}")
    assert not fine
    assert words in out
    assert len(out.strip().splitlines()) == 1


def test_a_pipe_among_the_prompts_holds_nobody_up(shell: Any, capsys: Any) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(".chat/x.md")
        out, _ = run(shell, capsys, "%%chat @x\nhi")
        assert "it is a named pipe, not a file" in out
        assert "it is a named pipe" in run(shell, capsys, "%chat prompts")[0]
