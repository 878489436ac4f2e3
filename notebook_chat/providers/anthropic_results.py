"""What Anthropic's own tools were asked for and gave, as parts: blocks of JSON to values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..parts import (
    HERE,
    CodePart,
    CodeResultPart,
    Part,
    SearchPart,
    SourcePart,
    UnknownPart,
)

Block = dict[str, Any]
"""A content block as it came, or a part of one."""

_LONGEST_KIND = 200  # characters
_CODE = {"code_execution": ("code", "python"), "bash_code_execution": ("command", "bash")}
_SEARCHES = {
    "web_search": ("query", "search"),
    "web_fetch": ("url", "open"),
    "tool_search_tool_regex": ("pattern", "find"),
    "tool_search_tool_bm25": ("query", "find"),
}
_DOING = {
    "web_search": "searching the web",
    "web_fetch": "reading a page",
    "code_execution": "running code",
    "bash_code_execution": "running code",
    "text_editor_code_execution": "working on a file",
}


def doing(name: str) -> str:
    """What the reader is told while one of the service's tools is at work.

    Args:
        name: The tool's name.
    """
    return _DOING.get(name) or f"at work with {name[:_LONGEST_KIND] or 'a tool of the service'}"


def unknown(kind: str, block: Any) -> UnknownPart:
    """The part that stands for what cannot be shown.

    Args:
        kind: What the service calls it.
        block: It.
    """
    return UnknownPart(kind[:_LONGEST_KIND] or "something without a name", len(msgspec.json.encode(block)))


def use(block: Block) -> Part:
    """What one of the service's tools was asked for.

    Args:
        block: The block that asks, with its whole input.
    """
    name, given = _text(block, "name"), _dict(block, "input")
    if block.get("type") == "server_tool_use":
        if name in _SEARCHES and (what := _text(given, _SEARCHES[name][0])):
            return SearchPart((what,), _SEARCHES[name][1])
        if name in _CODE and (code := _text(given, _CODE[name][0])):
            return CodePart(code, _CODE[name][1])
        if name == "text_editor_code_execution" and given:
            return CodePart(_edit(given), "text")
    full = ".".join(filter(None, (_text(block, "server_name"), name)))
    return unknown(f"{_text(block, 'type')} {full}".strip(), block)


def results(block: Block) -> Iterator[Part]:
    """What one of the service's tools gave.

    Args:
        block: The block of its result.
    """
    content = block.get("content")
    match block.get("type"):
        case "web_search_tool_result" if isinstance(content, list):
            for found in content:
                yield _found(found)
        case "web_fetch_tool_result" if isinstance(content, dict) and _text(content, "url"):
            yield SourcePart(_text(content, "url"), _text(_dict(content, "content"), "title"))
        case "web_search_tool_result" | "web_fetch_tool_result" if isinstance(content, dict):
            kind = _text(content, "type") or _text(block, "type")
            yield unknown(f"{kind}: {_text(content, 'error_code') or 'no reason given'}", content)
        case (
            "code_execution_tool_result"
            | "bash_code_execution_tool_result"
            | "text_editor_code_execution_tool_result"
        ) if isinstance(content, dict):
            yield from _run(content)
        case _:
            yield unknown(_text(block, "type"), block)


def source(citation: Block) -> SourcePart:
    """A citation as a source of the text that has come.

    Args:
        citation: It; documents that were sent along have no address: their title and the place in them are told.
    """
    title, quote = _text(citation, "title"), _text(citation, "cited_text")
    url = _text(citation, "url") or _text(citation, "source")
    if url.startswith(("http://", "https://")):
        return SourcePart(url, title, quote, (HERE,))
    if url:
        name = f"{title} ({url})" if title else url
    else:
        name = title or _text(citation, "document_title") or _numbered(citation)
    return SourcePart("", f"{name}{_place(citation)}", quote, (HERE,))


def _numbered(citation: Block) -> str:
    number = citation.get("document_index")
    return f"document {number + 1}" if type(number) is int else "a document"


def _place(citation: Block) -> str:
    """Where in a document, as readers count; the end of each range is the first place behind it."""
    for unit, start, end in (
        ("page", "start_page_number", "end_page_number"),
        ("block", "start_block_index", "end_block_index"),
        ("character", "start_char_index", "end_char_index"),
    ):
        first, behind = citation.get(start), citation.get(end)
        if type(first) is not int:
            continue
        first += unit != "page"  # pages are counted from 1
        last = behind - (unit == "page") if type(behind) is int else first
        return f", {unit} {first}" if last <= first else f", {unit}s {first}–{last}"
    return ""


def _found(found: Any) -> Part:
    if isinstance(found, dict) and (url := _text(found, "url")):
        return SourcePart(url, _text(found, "title"))
    kind = _text(found, "type") if isinstance(found, dict) else ""
    return unknown(kind or "web_search_result", found)


def _run(content: Block) -> Iterator[Part]:
    """What came of code: what it printed, or how it failed, and the files that it made."""
    kind = _text(content, "type")
    code = content.get("return_code")
    failed = "error" in kind or (type(code) is int and code != 0)
    if "error" in kind:
        texts = [_text(content, "error_code").replace("_", " "), _text(content, "error_message")]
        text = ": ".join(filter(None, texts)) or "no reason given"
    elif kind.startswith("text_editor"):
        text = _edited(content)
    else:
        text = "\n".join(filter(None, (_text(content, "stdout").rstrip("\n"), _text(content, "stderr"))))
        if content.get("encrypted_stdout"):
            text = "\n".join(filter(None, ("(what it printed came encrypted, for the model alone)", text)))
        if failed and not text:
            text = f"exit code {code}"
    yield CodeResultPart(text, failed)
    files = content.get("content")
    for file in files if isinstance(files, list) else ():
        named = isinstance(file, dict) and f"{_text(file, 'type')} {_text(file, 'file_id')}".strip()
        yield unknown(named or "a file", file)


def _edit(given: Block) -> str:
    """What is to be done with a file, readable."""
    lines = [f"{_text(given, 'command')} {_text(given, 'path')}".strip()]
    lines += [text for name in ("file_text", "insert_text") if (text := _text(given, name))]
    lines += [f"- {line}" for line in _text(given, "old_str").splitlines()]
    lines += [f"+ {line}" for line in _text(given, "new_str").splitlines()]
    return "\n".join(lines)


def _edited(content: Block) -> str:
    text, lines = _text(content, "content"), content.get("lines")
    if text:
        return text
    if isinstance(lines, list):
        return "\n".join(line for line in lines if isinstance(line, str))
    return "the file was changed" if content.get("is_file_update") else "the file was written"


def _text(block: Block, name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""


def _dict(block: Block, name: str) -> Block:
    value = block.get(name)
    return value if isinstance(value, dict) else {}
