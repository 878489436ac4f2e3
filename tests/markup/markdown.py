"""What safe Markdown may do to its readers: the parsers of nbconvert and of markdown-it, HTML switched on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from .vocabulary import parsed

_HTML = "{http://www.w3.org/1999/xhtml}"

_ELEMENTS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br"),
    *("abbr", "b", "i", "ins", "kbd", "mark", "samp", "small", "sub", "sup", "u", "var"),
    *("table", "thead", "tbody", "tr", "th", "td", "a", "em", "strong", "s", "del", "span", "input", "div"),
}
_ATTRIBUTES = {
    ("a", "href"): r"(?i:https?://|mailto:)[^\s\"<>]+",
    ("code", "class"): r"language-[A-Za-z0-9+#._-]+",
    ("ol", "start"): r"\d+",
    ("th", "style"): "text-align:(left|center|right)",
    ("td", "style"): "text-align:(left|center|right)",
    ("input", "class"): "task-list-item-checkbox",
    ("input", "type"): "checkbox",
    ("input", "disabled"): "(disabled)?",
    ("input", "checked"): "(checked)?",
    ("li", "class"): "task-list-item",
    ("ul", "class"): "contains-task-list",
    ("ol", "class"): "contains-task-list",
}
# What nbconvert puts around code and headings itself.
_NBCONVERT = {
    ("div", "class"): "highlight.*",
    ("pre", "class"): ".*",
    ("span", "class"): ".*",
    ("a", "class"): "anchor-link",
    ("a", "href"): r"((?i:https?://|mailto:)[^\s\"<>]+)|#.*",
    **{(f"h{level}", "id"): ".*" for level in range(1, 7)},
}

_LEAD = r"(?:[ >]|[-*] |\d+[.)] )*"
_FENCE = re.compile(rf"^{_LEAD}(`{{3,}})[^`\n]*\n(?:.*\n)*?[ >]*\1$", re.MULTILINE)
_FORMULA = re.compile(r"\$\$(?:[^$`<]|< )+\$\$|\$(?:[^$`<\n]|< )+\$")
_MATH = re.compile(r"\$|\\begin|\\end|\\\\[\[\](){]")


def html_of_markdown(markdown: str) -> str:
    """The Markdown as a reader shows it that lets HTML through."""
    md = MarkdownIt("commonmark", {"html": True, "tasklists": True})
    return md.enable(["table", "strikethrough"]).render(markdown)


def markdown_faults(markdown: str) -> list[str]:
    """Everything in the Markdown that could do harm, as one line for each."""
    return [
        *_faults(html_of_markdown(markdown), _ATTRIBUTES),
        *_faults(markdown2html_mistune(markdown), {**_ATTRIBUTES, **_NBCONVERT}),
        *_open_math(markdown),
        *_close_fences(markdown),
    ]


def _faults(html: str, allowed: dict[tuple[str, str], str]) -> Iterator[str]:
    for element in list(parsed(html).iter())[1:]:
        if not isinstance(element.tag, str) or element.tag.removeprefix(_HTML) not in _ELEMENTS:
            yield f"an element: {element.tag}"
            continue
        name = element.tag.removeprefix(_HTML)
        for attribute, value in element.attrib.items():
            pattern = allowed.get((name, attribute))
            if pattern is None or re.fullmatch(pattern, value, re.DOTALL) is None:
                yield f"an attribute: {name} {attribute}={value!r}"


def _open_math(markdown: str) -> Iterator[str]:
    """Delimiters outside of code that are not those of a whole formula: what is between two of them is cut out."""
    for match in _MATH.finditer(_FORMULA.sub("", _FENCE.sub("", markdown))):
        yield f"a delimiter: {match.group()!r} in {match.string[match.start() - 20 : match.end() + 20]!r}"


def _close_fences(markdown: str) -> Iterator[str]:
    """Fences without a blank line on both sides: JupyterLab's math ends there, and nowhere else."""
    lines = ["", *markdown.rstrip("\n").split("\n"), ""]
    fence = ""
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        found = re.match(_LEAD + r"(`{3,})", line)
        if found is None:
            continue
        if not fence:
            fence = found[1]
            if before.strip(" >"):
                yield f"a fence right after {before!r}"
        elif line.strip(" >") == fence:
            fence = ""
            if after.strip(" >"):
                yield f"a fence right before {after!r}"
