"""Prompts to reuse: what their files say, what becomes of their parameters, what is refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat import Chat
from notebook_chat.errors import ConfigurationError
from notebook_chat.prompt import load
from notebook_chat.prompt.templates import Template, find_template, listing, template_names
from notebook_chat.prompt.templates.placeholders import BRACES, DOLLARS, INPUTS, Syntax

from ..fakes import parrot


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder beside the notebook; the user's own is in ``home``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBOOK_CHAT_HOME", str(tmp_path / "home"))
    (tmp_path / ".chat").mkdir()
    (tmp_path / "home" / "prompts").mkdir(parents=True)
    return tmp_path / ".chat"


def written(text: str, name: str = "x.md") -> Template:
    """The template that a file beside the notebook holds."""
    (Path(".chat") / name).write_text(text, "utf-8")
    return find_template(name.partition(".")[0])


def asked(text: str, name: str = "x.md", body: str = "", **given: str) -> str:
    return str(written(text, name).loaded(given, body))


def refused(text: str | bytes, name: str = "x.md", **given: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        if isinstance(text, bytes):
            (Path(".chat") / name).write_bytes(text)
            find_template(name.partition(".")[0])
        else:
            asked(text, name, **given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- the project's own files


OWN = """---
description: Explains something.
model: parrot:grey
system: You are {{ who }}.
options:
  temperature: 0.2
  max_tokens: 100
  stop: [END, FIN]
parameters:
  topic: {description: what to explain}
  who: {default: a teacher}
  level: easy
---
Explain {{ topic }} at the level {{level}}.
"""


def test_a_file_says_how_it_is_asked() -> None:
    template = written(OWN)
    assert (template.where, template.beside, template.description) == (
        ".chat/x.md",
        True,
        "Explains something.",
    )
    assert [one.told for one in template.takes] == ["topic (what to explain)", "who=a teacher", "level=easy"]
    loaded = template.loaded({"topic": "entropy"})
    assert str(loaded) == "Explain entropy at the level easy."
    assert loaded.system == "You are a teacher."
    assert loaded.model == "parrot:grey"
    assert loaded.options == {"temperature": 0.2, "max_tokens": 100, "stop": ("END", "FIN")}
    assert loaded.typed == "@x topic=entropy"
    assert template.unused == ()


def test_a_file_may_be_a_text_and_nothing_else() -> None:
    assert asked("Explain it.\n") == "Explain it."
    assert asked("---\n---\nExplain it.") == "Explain it."
    assert asked("\ufeff---\r\nmodel: parrot\r\n---\r\nExplain\r\nit.") == "Explain\nit."
    assert asked("Rules: ---\n---") == "Rules: ---\n---"


def test_what_stands_beneath_the_line_is_the_input_or_follows() -> None:
    assert asked("Shorten: {{ input }}!", body="this") == "Shorten: this!"
    assert asked("Shorten:", body="this") == "Shorten:\n\nthis"
    assert asked("{{ input }}", input="given") == "given"
    assert written("Shorten:").loaded({}, "this").typed == "@x\nthis"
    assert "the prompt is empty. @x is asked about what stands beneath it" in refused("Shorten: {{ input }}")
    assert "the prompt is empty" in refused("---\nsystem: x\n---\n")


def test_scalars_are_the_texts_that_they_are() -> None:
    text = "---\nparameters: {a: no, b: 3.10, c: 1:30, d: 0x1F, e: 2024-01-01}\n---\n{{a}} {{b}} {{c}} {{d}} {{e}}"
    assert asked(text) == "no 3.10 1:30 0x1F 2024-01-01"


def test_a_parameter_without_a_default_is_needed() -> None:
    for declared in (
        "parameters: [a]",
        "parameters:\n  a:",
        "parameters: {a: {description: the thing}}",
        "model: parrot",
    ):
        assert "@x needs a" in refused(f"---\n{declared}\n---\n{{{{ a }}}}")
    assert "Write @x a=…." in refused("{{ a }}")
    assert "@x has no parameter 'b'. It has a." in refused("{{ a }}", a="1", b="2")
    assert "@x has no parameter 'b'. It has none." in refused("text", b="2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("---\nmodel: x\n", "begins with --- and has no second line ---"),
        ("---\nmodel: [x\n---\nt", ".chat/x.md is not YAML as it is read here, line 2: "),
        ("---\na: b: c\n---\nt", "line 2: mapping values are not allowed here"),
        ("---\n\ttab: x\n---\nt", "line 2: "),
        ("---\n- a\n- b\n---\nt", "has no names with values"),
        ("---\njust a text\n---\nt", "has no names with values"),
        ("---\nmodel: {a: b}\n---\nt", "model must be a text"),
        ("---\nmodel: a\nmodel: b\n---\nt", "a key stands there twice"),
        ("---\nsystem: &a x\nmodel: *a\n---\nt", "it has an anchor or an alias"),
        ("---\na: &a [*a]\n---\nt", "it has an anchor or an alias"),
        ("---\na: !!python/object/apply:os.system [echo]\n---\nt", ""),
        ("---\n" + "[" * 5000 + "\n---\nt", "nested too deeply"),
        ("---\nparameters: {a: {default: [1]}}\n---\nt", "has a default and a description"),
        ("---\nparameters: {'a b': x}\n---\nt", "no parameter can be called 'a b'"),
        ("---\nparameters: 3\n---\nt", "parameters must have names with values"),
        ("---\noptions: hot\n---\nt", "options must have names with values"),
        ("---\noptions: {temperature: hot}\n---\nt", "temperature must be a number"),
        ("---\noptions: {temperature: 9}\n---\nt", "temperature must be a number from 0 to 2"),
        ("---\nmax_tokens: 1.5\n---\nt", "max_tokens must be a number"),
        ("---\nseed: " + "9" * 5000 + "\n---\nt", "seed must be a number"),
        ("---\nstop: [[a]]\n---\nt", "stop must be"),
        ("---\nmodel: \x01\n---\nt", "a character that no YAML may have"),
    ],
)
def test_what_is_broken_is_told_with_its_place(text: str, words: str) -> None:
    if words:
        told = refused(text)
        assert ".chat/x.md" in told
        assert words in told
    else:
        assert written(text).unused == ("a",)


def test_files_that_cannot_be_read(folder: Path) -> None:
    assert "is not UTF-8" in refused(b"caf\xe9")
    assert "it is larger than 200,000 bytes" in refused(b"x" * 200_001)
    (folder.parent / "home" / "prompts" / "device.md").symlink_to("/dev/zero")
    with pytest.raises(ConfigurationError, match="it is a device, not a file"):
        find_template("device")
    (folder / "loop.md").symlink_to("loop.md")
    with pytest.raises(ConfigurationError, match=r"\.chat/loop\.md cannot be read"):
        find_template("loop")
    (folder / "sub.md").mkdir()
    with pytest.raises(ConfigurationError, match="it is a folder, not a file"):
        find_template("sub")


def test_nothing_is_taken_that_says_where_a_question_goes() -> None:
    text = """---
api_key: sk-1
base_url: http://evil/
headers: {X: y}
proxy: http://evil/
files: [/etc/passwd]
options: {base_url: http://evil/, api_key: sk-2, extra_body: {a: b}, transport: x, temperature: 1}
---
t"""
    template = written(text)
    loaded = template.loaded({})
    assert loaded.options == {"temperature": 1.0}
    assert set(template.unused) == {
        "api_key", "base_url", "headers", "proxy", "files",
        "options: base_url", "options: api_key", "options: extra_body", "options: transport",
    }  # fmt: skip


# --- those of others


def test_templates_of_llm() -> None:
    text = """
model: gpt-4o
system: Speak like $voice
prompt: |
  Costs $$5. Summarize $input in ${lang}, not $ or $5.
defaults:
  voice: GlaDOS
options:
  temperature: 0.3
  json_object: true
extract: true
functions: |
  import os
"""
    template = written(text, "x.yaml")
    loaded = template.loaded({"lang": "French"}, "this")
    assert str(loaded) == "Costs $5. Summarize this in French, not $ or $5."
    assert loaded.system == "Speak like GlaDOS"
    assert loaded.model == "gpt-4o"
    assert loaded.options == {"temperature": 0.3}
    assert template.unused == ("options: json_object", "extract", "functions")
    assert asked("Just $this", "y.yml", this="x") == "Just x"
    assert asked("system: Be brief.", "z.yaml", body="hi") == "hi"


def test_prompt_files_of_vs_code() -> None:
    text = """---
mode: agent
model: Claude Sonnet 4
tools: ['githubRepo', 'codebase']
description: Makes a form
---
Make a form called ${input:formName:MyForm} of ${input:kind}, see ${selection} and {{ no_place }}.
"""
    template = written(text, "x.prompt.md")
    assert template.model is None
    assert template.description == "Makes a form"
    assert template.unused == ("mode", "tools", "model", "${selection}")
    assert [one.told for one in template.takes] == ["formName (MyForm)", "kind"]
    told = str(template.loaded({"formName": "Ada", "kind": "html"}))
    assert told == "Make a form called Ada of html, see ${selection} and {{ no_place }}."
    with pytest.raises(ConfigurationError, match=r"@x needs formName \(MyForm\)\. Write @x formName=…\."):
        template.loaded({})
    assert written("---\nmodel: openai:gpt-6-luna\n---\nt", "y.prompt.md").model == "openai:gpt-6-luna"


# --- where they are


def test_those_beside_the_notebook_come_first(tmp_path: Path) -> None:
    own = tmp_path / "home" / "prompts"
    (own / "a.md").write_text("own a", "utf-8")
    (own / "b.yaml").write_text("own b", "utf-8")
    written("beside a", "a.md")
    assert str(load("a")) == "beside a"
    assert str(load("@b")) == "own b"
    assert not find_template("b").beside
    assert template_names() == ["a", "b"]
    rows = [(name, place.beside, hidden) for name, place, _, hidden in listing()]
    assert rows == [("a", True, False), ("a", False, True), ("b", False, False)]


def test_a_notebook_elsewhere_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "other" / ".chat").mkdir(parents=True)
    (tmp_path / "other" / ".chat" / "c.md").write_text("other", "utf-8")
    assert find_template("c", tmp_path / "other").text == "other"
    with pytest.raises(ConfigurationError, match="there is no prompt @c"):
        find_template("c")


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".hidden", "a b", "x" * 200, "\x1b[2J", "a\nb", "..", "C:x"]
)
def test_a_name_is_no_path(name: str, folder: Path) -> None:
    (folder.parent / "x.md").write_text("t", "utf-8")
    with pytest.raises(ConfigurationError, match="no prompt can be called") as caught:
        find_template(name)
    assert str(caught.value).isprintable()


def test_an_unknown_name_names_those_that_are_like_it() -> None:
    written("t", "explain.md")
    with pytest.raises(ConfigurationError, match=r"there is no prompt @explian\. Did you mean @explain\?"):
        find_template("explian")
    with pytest.raises(ConfigurationError, match=r"They are files such as nothing.md in \.chat and "):
        find_template("nothing")


def test_broken_ones_are_listed(folder: Path) -> None:
    written("t", "a.md")
    (folder / "b.md").write_text("---\n[", "utf-8")
    (folder / "c.txt").write_text("none", "utf-8")
    found = {name: type(what).__name__ for name, _, what, _ in listing()}
    assert found == {"a": "Template", "b": "InvalidOptionError"}


# --- parameters are put in once


@given(st.text(max_size=50), st.text(max_size=50), st.text(max_size=50))
def test_what_is_put_in_is_not_looked_at_again(before: str, value: str, after: str) -> None:
    hostile = f"{value}{{{{ a }}}}{{{{ b }}}}$a${{input:a}}"
    for syntax, place in ((BRACES, "{{ a }}"), (DOLLARS, "${a}"), (INPUTS, "${input:a}")):
        if not any(mark in before + after for mark in "{}$"):
            assert syntax.filled(f"{before}{place}{after}", lambda _: hostile) == f"{before}{hostile}{after}"


@given(st.text(alphabet="{}$ :ainput_-\n", max_size=80), st.sampled_from([BRACES, DOLLARS, INPUTS]))
def test_any_text_is_a_template(text: str, syntax: Syntax) -> None:
    names = syntax.names(text)
    asked_for: list[str] = []

    def value(name: str) -> str:
        asked_for.append(name)
        return f"<{name}>"

    filled = syntax.filled(text, value)
    assert list(dict.fromkeys(asked_for)) == names
    if not names and syntax is not DOLLARS:
        assert filled == text
    assert set(syntax.hints(text)) <= set(names)


@given(st.text(max_size=300))
def test_any_front_matter_is_read_or_refused_in_one_line(text: str) -> None:
    for name in ("p.md", "q.prompt.md", "r.yaml"):
        (Path(".chat") / name).write_text(f"---\n{text}\n---\nbody" if name.endswith("md") else text, "utf-8")
        try:
            find_template(name[0])
        except ConfigurationError as error:
            assert "\n" not in str(error)


def test_a_long_template_costs_what_it_weighs() -> None:
    def seconds(piece: str, length: int) -> float:
        start = time.perf_counter()
        for syntax in (BRACES, DOLLARS, INPUTS):
            syntax.filled(piece * (length // len(piece)), lambda _: "x")
        return time.perf_counter() - start

    for piece in ("{", "{{ ", "{{ a", "${input:", "${input:a:", "$", "${a", "{{a}}"):
        short, long = (min(seconds(piece, length) for _ in range(3)) for length in (20_000, 80_000))
        assert long < max(9 * short, 0.05)


# --- asking


def test_a_chat_asks_it_as_the_file_says() -> None:
    provider = parrot(["fine"])
    chat = Chat(provider=provider)
    written("---\nsystem: Be {{ how }}.\ntemperature: 0.5\n---\nExplain {{ topic }}; {x}", "x.md")
    loaded = load("x", topic="{x} {{ y }} $z", how="brief")
    assert str(loaded) == "Explain {x} {{ y }} $z; {x}"
    chat.ask(loaded)
    assert [message.text for message in provider.requests[0]] == ["Be brief.", "Explain {x} {{ y }} $z; {x}"]
    assert provider.options_seen[0] == {"temperature": 0.5}
    [turn] = chat.conversation.turns
    assert turn.asked == '@x topic="{x} {{ y }} $z" how=brief'
    chat.ask(loaded, temperature=1, system="", files=[("a.txt", b"content")])
    assert provider.options_seen[1] == {"temperature": 1}
    assert provider.requests[1][-1].text.startswith("File a.txt (1 line):\n```\ncontent\n```\n\nExplain {x}")
    assert [message.role for message in provider.requests[1]] == ["user", "assistant", "user"]


def test_values_are_filled_into_its_text_and_not_into_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    from notebook_chat import composition
    from notebook_chat.prompt import Filled

    monkeypatch.setattr(
        composition,
        "fill",
        lambda text, values, **_: Filled(text.replace("{df}", "THE VALUE, with {{ topic }}")),
    )
    provider = parrot(["fine"])
    written("{df} and {{ topic }}\n\n{{ input }}")
    Chat(provider=provider).ask(find_template("x").loaded({"topic": "{df}"}, "my {df}"), values={"df": 1})
    assert provider.requests[0][-1].text == (
        "THE VALUE, with {{ topic }} and {df}\n\nmy THE VALUE, with {{ topic }}"
    )


def test_halves_of_characters_are_replaced() -> None:
    provider: Any = parrot(["fine"])
    written("{{ a }}")
    Chat(provider=provider).ask(load("x", a="\ud800"))
    assert provider.requests[0][-1].text == "\ufffd"
