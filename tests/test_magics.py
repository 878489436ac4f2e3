"""The magics in a real IPython shell, as in a terminal."""

from __future__ import annotations

import _thread
import signal
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from traitlets.config import Config

from notebook_chat import Chat, load_ipython_extension, unload_ipython_extension
from notebook_chat.errors import StreamInterruptedError
from notebook_chat.magics.command_table import SUBCOMMANDS, subcommand_parser
from notebook_chat.providers import registry
from notebook_chat.renderers import Interrupted, Silent, play
from notebook_chat.session import NotebookSession, session_of

from .fakes import parrot
from .servers import Answer
from .servers.fixtures import ServerFactory


@pytest.fixture(scope="session")
def shared_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    """One shell for the session: IPython allows no second in a process."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.ipython_dir = str(tmp_path_factory.mktemp("ipython"))
    config.InteractiveShell.colors = "nocolor"
    config.TerminalInteractiveShell.simple_prompt = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shell = TerminalInteractiveShell.instance(config=config)
    yield shell
    TerminalInteractiveShell.clear_instance()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A provider that repeats the prompt, reachable as ``parrot``."""
    echo = parrot(lambda messages: ["You said: ", messages[-1].text])
    real = registry.get_provider
    monkeypatch.setitem(registry.BUILT_IN, "parrot", ".nowhere:Parrot")
    monkeypatch.setattr(registry, "get_provider", lambda name: echo if name == "parrot" else real(name))
    monkeypatch.setenv("NOTEBOOK_CHAT_MODEL", "parrot:grey")
    return echo


@pytest.fixture
def shell(shared_shell: InteractiveShell, provider: Any) -> Iterator[InteractiveShell]:
    """The shell with the extension loaded afresh."""
    load_ipython_extension(shared_shell)
    yield shared_shell
    unload_ipython_extension(shared_shell)
    shared_shell.user_ns.pop("answer", None)
    shared_shell.config.pop("ChatMagics", None)  # what %config has set
    shared_shell.extension_manager.loaded.discard("notebook_chat")  # and %load_ext


def notebook(shell: InteractiveShell) -> NotebookSession:
    """The session of the loaded extension."""
    found = session_of(shell)
    assert found is not None
    return found


def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str) -> tuple[str, bool]:
    """What a cell printed, errors included, and whether it succeeded."""
    capsys.readouterr()
    result = shell.run_cell(cell)
    captured = capsys.readouterr()
    return captured.out + captured.err, bool(result.success)


def test_an_answer_streams_and_is_remembered(shell: Any, provider: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%%chat\nhello")
    assert fine
    assert out.startswith("You said: hello\nparrot:grey · ")
    run(shell, capsys, "%%chat\nand on")
    assert [message.text for message in provider.requests[1]] == ["hello", "You said: hello", "and on"]


@pytest.mark.parametrize(
    "prompt",
    [
        "what?",
        "?what",
        "!ls\n%time x\n%%bash",
        "{nowhere} {{y}} $HOME {1/0}",
        "'''\"\"\"\\n \\",
        ">>> print(1)\n1\n... what does it do?",
        "In [1]: x\nOut[1]: 3",
        "    indented\n  less",
        "# not a comment; a title",
        "你好 👋 مرحبا",
        "a\n\n\nb",
        "\ttab",
    ],
)
def test_a_prompt_may_hold_anything(shell: Any, provider: Any, capsys: Any, prompt: str) -> None:
    _, fine = run(shell, capsys, f"%%chat\n{prompt}")
    assert fine
    assert provider.requests[-1][-1].text == prompt


def test_the_line_takes_options(shell: Any, provider: Any, capsys: Any) -> None:
    _, fine = run(
        shell, capsys, "%%chat -m parrot:green -t 0.5 --max-tokens 9 -s \"be a 'pirate'\" -o answer\nhi"
    )
    assert fine
    assert shell.user_ns["answer"] == "You said: hi"
    assert shell.user_ns["answer"].model == "parrot:green"
    assert [message.text for message in provider.requests[0]] == ["be a 'pirate'", "hi"]
    assert provider.options_seen[0] == {"temperature": 0.5, "max_tokens": 9}


def test_conversations_by_name_and_starting_over(shell: Any, provider: Any, capsys: Any) -> None:
    for cell in ("%%chat\na", "%%chat -c other\nb", "%%chat -n\nc", "%%chat\nd"):
        run(shell, capsys, cell)
    assert [[m.text for m in request if m.role == "user"] for request in provider.requests] == [
        ["a"], ["b"], ["c"], ["c", "d"],
    ]  # fmt: skip
    assert sorted(notebook(shell).conversations) == ["default", "other"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%chat\n   \n", "the prompt is empty"),
        ("%%chat", "the prompt is empty"),
        ("%%chat -m nope:x\nhi", "no provider is called 'nope:x'"),
        ("%%chat tell me a joke\nhi", "unexpected words: me a joke"),
        ("%%chat --wat\nhi", "unknown option --wat"),
        ("%%chat -t hot\nhi", "invalid float value: 'hot'"),
        ("%%chat -t 9\nhi", "from 0 to 2"),
        ("%%chat --max-tokens -1\nhi", "1 or more"),
        ("%%chat --param x\nhi", "K=V"),
        ("%%chat -o 1x\nhi", "not a variable's name"),
        ("%%chat -o class\nhi", "'class' is not a variable's name"),
        ("%%chat -o None\nhi", "not a variable's name"),
        ("%%chat -o a.b\nhi", "not a variable's name"),
        ("%%chat -o __debug__\nhi", "not a variable's name"),
        ('%%chat -o ""\nhi', "not a variable's name"),
        ("%%chat --param model=openai:x\nhi", "model cannot be given here: write -m MODEL"),
        ("%%chat --param stream=false\nhi", "answers always stream"),
        ('%%chat --param messages=[{"role": "user"}]\nhi', "the prompt goes beneath %%chat"),
        ("%%chat --param instructions=x\nhi", "write -s TEXT"),
        ("%%chat --param temperature=1\nhi", "write -t N"),
        ("%%chat --param max_tokens=1\nhi", "write --max-tokens N"),
        ("%%chat --param x={'a':1}\nhi", "{'a':1} is no JSON"),
        ("%%chat --param x={'a': 1}\nhi", "is no JSON"),
        ('%%chat --param x={"a":1\nhi', "is no JSON"),
        ('%%chat --param x={"a":NaN}\nhi', "is no JSON"),
        ("%%chat -s “open\nhi", "a quote is not closed"),
        ("%%chat -s ‘open\nhi", "a quote is not closed"),
        ("%%chat -m parrot \\\nWhat is this?\nhi", "unexpected words"),
        ("%%chat -m parrot \\\n", "the prompt is empty"),
        ("x = 1\n%%chat\nhi", "%%chat stands beneath code. Move the code into a cell of its own"),
        ("# one\n!echo x\n\n%%chat -m x\n", "%%chat stands beneath code"),
        ('%%chat -s "open\nhi', "a quote is not closed"),
        ("%%chat -m openai:x\nhi", "OPENAI_API_KEY"),
        ("%chat wat", "no subcommand 'wat'"),
        ("%chat use", "missing MODEL: write %chat use MODEL"),
        ("%chat use nope:x", "no provider is called"),
        ("%chat history nope", "no conversation is called 'nope'"),
        ("%chat models nope", "no provider is called 'nope'"),
        ("%chat provider", "missing NAME: write %chat provider"),
        ("%chat provider mine", "missing --base-url"),
        ("%chat provider mine --base-url http://a --dialect x", "invalid choice: 'x'"),
        ("%chat provider mine --base-url http://a --header x", "a header is written NAME=VALUE"),
        ("%chat provider mine --base-url nowhere", "must be an address"),
        ("%chat key", "missing set|forget, PROVIDER: write %chat key set|forget PROVIDER"),
        ("%chat key tell openai", "invalid choice: 'tell'"),
        ("%chat key set nope", "no provider is called 'nope'"),
    ],
)
def test_bad_input_gets_one_line_and_loses_nothing(shell: Any, capsys: Any, cell: str, words: str) -> None:
    run(shell, capsys, "%%chat\nbefore")
    out, fine = run(shell, capsys, cell)
    assert not fine
    assert words in out
    assert len(out.strip().splitlines()) == 1
    assert "Traceback" not in out
    assert len(notebook(shell).conversation()) == 1


def test_a_failure_in_the_middle_keeps_the_text(shell: Any, provider: Any, capsys: Any) -> None:
    provider.script = lambda messages: ["so far", StreamInterruptedError("the line broke")]
    out, fine = run(shell, capsys, "%%chat -o answer\nhi")
    assert not fine
    lines = out.strip().splitlines()
    assert lines[0] == "so far"
    assert "incomplete: the line broke" in lines[1]
    assert lines[2].startswith("StreamInterruptedError: parrot: the line broke")
    assert shell.user_ns["answer"] == "so far"
    assert notebook(shell).conversation().turns[0].status == "failed"


def interrupted_in_the_middle(messages: Any) -> Iterator[Any]:
    """A script whose reader presses Ctrl+C."""
    yield "so far"
    _thread.interrupt_main()
    yield 60.0


def test_an_interrupted_cell_has_failed_and_says_no_more_than_that(
    shell: Any, provider: Any, capsys: Any
) -> None:
    provider.script = interrupted_in_the_middle
    out, fine = run(shell, capsys, "%%chat -o answer\nhi")
    assert not fine
    assert [line.partition(" · ")[0] for line in out.splitlines()] == ["so far", "parrot:grey"]
    assert out.endswith(" · stopped\n")
    assert shell.user_ns["answer"] == "so far"
    assert notebook(shell).conversation().turns[0].status == "stopped"
    assert "ZeroDivisionError" in run(shell, capsys, "1 / 0")[0]
    provider.script = lambda messages: ["fine"]
    assert run(shell, capsys, "%%chat\nhi")[1]


def test_an_interrupt_while_the_end_is_shown_is_for_what_comes_after_it() -> None:
    class Slow(Silent):
        def finish(self, turn: Any, error: Any) -> None:
            signal.raise_signal(signal.SIGINT)
            shown.append(turn.answer)

    shown: list[str] = []
    with pytest.raises(Interrupted):
        play(Chat(provider=parrot(["all"])).reply("hi"), Slow())
    assert shown == ["all"]


def test_commands(shell: Any, capsys: Any) -> None:
    assert "Nothing has been said yet." in run(shell, capsys, "%chat history")[0]
    run(shell, capsys, "%%chat\nhello | there")
    out, _ = run(shell, capsys, "%chat history")
    assert "1  hello | there" in out
    assert "parrot:grey" in run(shell, capsys, "%chat")[0]
    assert "1 turn forgotten" in run(shell, capsys, "%chat reset")[0]
    assert "1 turn now" in run(shell, capsys, "%chat undo")[0]
    assert "0 turns now" in run(shell, capsys, "%chat undo")[0]
    assert "Nothing to take back" in run(shell, capsys, "%chat undo")[0]
    assert "aiask:gpt-3.5-turbo" in run(shell, capsys, "%chat models aiask")[0]
    assert "parrot:red answers" in run(shell, capsys, "%chat use parrot:red")[0]
    assert shell.magics_manager.registry["ChatMagics"].model == "parrot:red"
    assert "--max-tokens" in run(shell, capsys, "%chat help")[0]


def test_a_server_is_added_in_a_line(
    shell: Any, capsys: Any, vendor_server: ServerFactory, monkeypatch: Any
) -> None:
    monkeypatch.setenv("MINE_KEY", "sk-mine")
    server = vendor_server("openai_chat", Answer("from mine"), models=["m1", "m2"], key="sk-mine")
    out, _ = run(shell, capsys, f"%chat provider mine --base-url {server.base_url} --key-env MINE_KEY")
    assert out == "mine:MODEL can be used from now on.\n"
    assert run(shell, capsys, "%chat models mine")[0].split() == ["mine:m1", "mine:m2"]
    assert run(shell, capsys, "%%chat -m mine:m1\nhi")[0].startswith("from mine\nmine:m1")


def test_models_are_listed_though_some_servers_are_down(shell: Any, capsys: Any) -> None:
    out, fine = run(shell, capsys, "%chat models")
    assert fine
    assert "aiask:gpt-3.5-turbo" in out
    [told] = [line for line in out.splitlines() if "without a key" in line]
    assert "openai, " in told
    assert told.endswith("; %chat key set NAME keeps one")
    out, fine = run(shell, capsys, "%chat models openai gpt")
    assert fine
    assert out.startswith("openai:… not listed: there is no API key. Set OPENAI_API_KEY in the environment")


def test_a_key_is_read_without_echo_and_kept(shell: Any, capsys: Any, monkeypatch: Any) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr("getpass.getpass", lambda prompt: "sk-typed-in")
    monkeypatch.setattr(
        "notebook_chat.keychain.store_key", lambda name, key: kept.update({name: key.reveal()})
    )
    out, _ = run(shell, capsys, "%chat key set openai")
    assert kept == {"openai": "sk-typed-in"}
    assert out == "The key for openai is kept in the system's keyring.\n"


def test_settings(shell: Any, provider: Any, capsys: Any) -> None:
    run(shell, capsys, "%config ChatMagics.footer = False")
    run(shell, capsys, "%config ChatMagics.system = 'be nice'")
    run(shell, capsys, "%config ChatMagics.model = 'parrot:blue'")
    out, _ = run(shell, capsys, "%%chat -o answer\nhi")
    assert out == "You said: hi\n"
    assert provider.requests[0][0].text == "be nice"
    assert shell.user_ns["answer"].model == "parrot:blue"


def completions(shell: Any, text: str) -> set[str]:
    """What a front end is offered at the end of the text's first line."""
    with provisionalcompleter():
        return {found.text for found in shell.Completer.completions(text, len(text.split("\n")[0]))}


def test_help(shell: Any, capsys: Any) -> None:
    assert "--temperature" in run(shell, capsys, "%%chat?")[0]
    out, _ = run(shell, capsys, "%chat help")
    assert "%chat list: lists all conversations" in out
    assert "%chat fork NAME [OF]: begins" in out
    assert "--temperature" in out
    out, _ = run(shell, capsys, "%chat help delete")
    assert out.startswith("usage: %chat delete [--yes] NAME|ID\n")
    assert "do not ask" in out
    assert "no subcommand 'wat'" in run(shell, capsys, "%chat help wat")[0]


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_each_subcommand_explains_itself(shell: Any, capsys: Any, name: str) -> None:
    out, fine = run(shell, capsys, f"%chat help {name}")
    assert fine
    assert " ".join(out.split()).startswith(f"usage: {subcommand_parser(name).usage_line} ")
    assert SUBCOMMANDS[name].help in " ".join(out.split())
    out, fine = run(
        shell, capsys, f"%chat {name} --wat" if not SUBCOMMANDS[name].verbatim else f"%chat {name}"
    )
    assert not fine
    assert f"write %chat {name}" in out
    assert len(out.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%chat un", {"undo", "unpin"}),
        ("%chat history o", {"other"}),
        ("%chat show 1 o", {"other"}),
        ("%chat fork new o", {"other"}),
        ("%chat rename o", {"other"}),
        ("%chat rename other o", set()),
        ("%chat delete --", {"--yes"}),
        ("%chat delete --yes o", {"other"}),
        ("%chat provider --base-url par", set()),
        ("%chat provider --k", {"--key-env"}),
        ("%chat key f", {"forget"}),
        ("%chat key forget par", {"parrot"}),
        ("%chat models par", {"parrot"}),
        ("%chat use par", {"parrot:"}),
        ("%chat use parrot:", set()),
        ("%chat help un", {"undo", "unpin"}),
        ("%chat search o", set()),
        ("%chat wat o", set()),
        ("%%chat --max\nhello", {"--max-tokens"}),
        ("%%chat par\nhello", {"parrot:"}),
        ("%%chat -m par\nhello", {"parrot:"}),
        ("%%chat -c o\nhello", {"other"}),
        ("%%chat -n par\nhello", {"parrot:"}),
        ("%%chat -t par\nhello", set()),
    ],
)
def test_completion(shell: Any, text: str, offered: set[str]) -> None:
    notebook(shell).conversation("other")
    ours = {"other", "parrot", "parrot:", "undo", "unpin", "forget", "--yes", "--key-env", "--max-tokens"}
    assert completions(shell, text) & ours == offered  # IPython offers names of its own beside them


def test_models_are_offered_that_have_answered_or_were_listed(shell: Any, capsys: Any) -> None:
    run(shell, capsys, "%%chat -m parrot:green\nhello")
    run(shell, capsys, "%chat models aiask")
    assert "parrot:green" in completions(shell, "%chat use par")
    assert "green" in completions(
        shell, "%%chat -m parrot:g\nhello"
    )  # IPython replaces what follows the colon
    assert "gpt-3.5-turbo" in completions(shell, "%chat use aiask:")
    assert "green" not in completions(shell, "%chat use aiask:")


def test_a_name_of_several_words_is_offered_in_quotes(shell: Any) -> None:
    notebook(shell).conversation("red apples")
    assert '"red apples"' in completions(shell, "%chat history ")
    assert 'red apples"' in completions(shell, '%chat history "re')


@pytest.mark.parametrize("line", ["fork -h", "fork --help", "fork new --help", "fork\t--help"])
def test_help_may_be_asked_for_on_the_line_of_a_subcommand(shell: Any, capsys: Any, line: str) -> None:
    out, fine = run(shell, capsys, f"%chat {line}")
    assert fine
    assert out.startswith("usage: %chat fork NAME [OF]\n")
    assert list(notebook(shell).conversations) == []


def test_a_terminal_asks_for_a_blank_line(shell: Any) -> None:
    assert shell.check_complete("%%chat\nhello")[0] == "incomplete"
    assert shell.check_complete("%%chat\nhello\n\n")[0] == "complete"


def test_what_a_model_writes_cannot_drive_the_terminal(shell: Any, provider: Any, capsys: Any) -> None:
    provider.script = lambda messages: ["\x1b]0;owned\x07\x1b[2Jhello\r\nthere\u202e"]
    out, _ = run(shell, capsys, "%%chat\nhi")
    assert out.startswith("␛]0;owned␇␛[2Jhello\nthere\ufffd\n")


TAKING = (
    "from IPython.core.magic import register_line_magic\n@register_line_magic\ndef chat(line): pass\ndel chat"
)


def test_it_says_when_somebody_else_takes_a_name(shell: Any, capsys: Any) -> None:
    def theirs(line: str, cell: str = "") -> None:
        print("theirs")

    theirs.__module__ = "other_package.magics"
    run(shell, capsys, "%load_ext notebook_chat")  # which is loaded, so that this only tells IPython
    shell.register_magic_function(theirs, "cell", "chat")
    told = "notebook_chat: %%chat is other_package's now; %reload_ext notebook_chat gives it back to us.\n"
    assert run(shell, capsys, "pass")[0] == told
    assert run(shell, capsys, "%%chat\nhi")[0] == "theirs\n"  # once is enough
    out, _ = run(shell, capsys, "%reload_ext notebook_chat")
    back = "%reload_ext other_package gives it back"
    assert out == f"notebook_chat: %%chat was other_package's and is ours now; {back}.\n"
    out, _ = run(shell, capsys, TAKING)
    assert out.startswith("notebook_chat: %chat has been defined in this notebook")
    del shell.magics_manager.magics["line"]["chat"]
    assert "%chat is gone; %reload_ext" in run(shell, capsys, "pass")[0]
    assert run(shell, capsys, "%reload_ext notebook_chat") == ("", True)
    assert run(shell, capsys, "%%chat\nhi")[0].startswith("You said: hi")


def test_loading_says_whose_name_it_takes(shared_shell: Any, provider: Any, capsys: Any) -> None:
    shared_shell.register_magic_function(lambda line, cell: None, "cell", "chat")
    capsys.readouterr()
    load_ipython_extension(shared_shell)
    assert "%reload_ext" in capsys.readouterr().err
    load_ipython_extension(shared_shell)
    assert capsys.readouterr().err == ""
    unload_ipython_extension(shared_shell)
    unload_ipython_extension(shared_shell)
    assert "chat" not in shared_shell.magics_manager.magics["cell"]


def test_a_server_of_another_dialect_is_kept_and_forgotten(
    shell: Any, capsys: Any, vendor_server: ServerFactory, monkeypatch: Any, tmp_path: Any
) -> None:
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path))
    monkeypatch.setenv("GATEWAY_KEY", "sk-gateway")
    server = vendor_server("anthropic", Answer("from the gateway"))
    line = (
        f"%chat provider gateway --base-url {server.base_url} --dialect anthropic --key-env GATEWAY_KEY"
        " --key-header X-Gateway-Key --header X-Team=blue --keep"
    )
    assert run(shell, capsys, line)[0] == "gateway:MODEL can be used from now on, in later kernels too.\n"
    assert run(shell, capsys, "%%chat -m gateway:m1\nhi")[0].startswith("from the gateway\n")
    headers = {name.lower(): value for name, value in server.requests[-1].headers}
    assert (headers["x-gateway-key"], headers["x-team"]) == ("sk-gateway", "blue")
    assert "sk-gateway" not in (tmp_path / "providers.json").read_text()
    assert run(shell, capsys, "%chat provider gateway --forget")[0] == "gateway is forgotten.\n"
    assert not run(shell, capsys, "%%chat -m gateway:m1\nhi")[1]
    assert run(shell, capsys, "%chat provider gateway --forget")[0] == "There was no gateway of yours.\n"


def test_the_doctor_tells_each_step_and_no_key(
    shell: Any, capsys: Any, vendor_server: ServerFactory, monkeypatch: Any
) -> None:
    server = vendor_server("openai_chat", Answer("OK"), key="sk-mine")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    out, fine = run(shell, capsys, "%chat doctor openai:model-a")
    assert fine
    assert out.startswith("notebook_chat ")
    assert "✓ answer      model-a said 'OK'" in out
    assert out.count("✓") == 8
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    out, fine = run(shell, capsys, "%chat doctor openai:model-a")
    assert fine
    assert out.splitlines()[-1].startswith("✗ key ")
    assert "sk-wrong" not in out
    assert "✗ model" in run(shell, capsys, "%chat doctor nowhere:x")[0]


def test_what_a_file_beside_the_notebook_sets_is_said_once(
    shell: Any, capsys: Any, vendor_server: ServerFactory, monkeypatch: Any, tmp_path: Any
) -> None:
    server = vendor_server("openai_chat", Answer("Hi"), key="sk-of-the-file")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY=sk-of-the-file\nOPENAI_BASE_URL={server.base_url}\n")
    first = run(shell, capsys, "%%chat -m openai:m\nhi")[0]
    assert first.startswith("Read from .env: OPENAI_BASE_URL, OPENAI_API_KEY.\nHi\n")
    assert run(shell, capsys, "%%chat -m openai:m\nhi")[0].startswith("Hi\n")
    assert "sk-of-the-file" not in first


def test_how_long_an_answer_may_take(shell: Any, capsys: Any, provider: Any) -> None:
    run(shell, capsys, "%%chat --timeout 900\nhi")
    assert provider.options_seen[-1] == {"timeout": 900}
    run(shell, capsys, "%config ChatMagics.timeout = 60")
    run(shell, capsys, "%%chat\nhi")
    assert provider.options_seen[-1] == {"timeout": 60}
    run(shell, capsys, "%config ChatMagics.timeout = 0")
    run(shell, capsys, "%%chat\nhi")
    assert provider.options_seen[-1] == {}
    out, fine = run(shell, capsys, "%%chat -m openai:m --timeout 0 --param x=1\nhi")
    assert not fine
    assert "seconds above 0" in out or "OPENAI_API_KEY" in out
