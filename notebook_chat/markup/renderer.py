"""Tokens to HTML. What is written here is the whole vocabulary of the package; see ``sanitizer``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml, unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ..text import single_line
from .characters import right_to_left
from .citations import Citation
from .code import Highlighter, language
from .links import destination
from .math_rules import delimited
from .mathml import UnsupportedTeXError, mathml
from .parser import DEEPEST
from .references import Label

_DIRECTED: Final = frozenset(
    {
        "paragraph_open",
        "heading_open",
        "bullet_list_open",
        "ordered_list_open",
        "blockquote_open",
        "table_open",
        "footnote_reference_open",
    }
)

_LONGEST_TIP: Final = 200

_FIXED: Final = {
    **{f"{tag}_open": f"<{tag}>\n" for tag in ("thead", "tbody", "tr")},
    **{f"{tag}_close": f"</{tag}>\n" for tag in ("thead", "tbody", "tr", "td", "th", "table", "blockquote")},
    "bullet_list_close": "</ul>\n",
    "ordered_list_close": "</ol>\n",
    "list_item_close": "</li>\n",
    "em_open": "<em>",
    "em_close": "</em>",
    "strong_open": "<strong>",
    "strong_close": "</strong>",
    "s_open": "<s>",
    "s_close": "</s>",
    "link_close": "</a>",
    "softbreak": "\n",
    "hardbreak": "<br>\n",
    "hr": "<hr>\n",
    "footnote_reference_close": "</div>\n",
}


class HtmlRenderer(RendererHTML):
    """The token renderers. ``env`` has the ``Highlighter`` and, for an open block, ``growing``."""

    def render(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        out: list[str] = []
        for index, token in enumerate(tokens):
            fixed = _FIXED.get(token.type)
            if fixed is not None:
                out.append(fixed)
            elif token.type == "inline":
                out.append(self.render(token.children or [], options, env))
            elif token.type in self.rules:
                out.append(self.rules[token.type](tokens, index, options, env))
            else:
                out.append(self.renderToken(tokens, index, options, env))
        return "".join(out)

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        checked = tokens[idx].meta.get("checked")
        if checked is None:
            return "<li>"
        mark = ' checked="" aria-label="done"' if checked else ' aria-label="to do"'
        return f'<li class="nc-task"><input type="checkbox" disabled=""{mark}> '

    def bullet_list_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<ul{_direction(tokens[idx])}>\n"

    def ordered_list_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        start = tokens[idx].attrGet("start")
        first = "" if start is None else f' start="{int(start)}"'
        return f"<ol{first}{_direction(tokens[idx])}>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        title = token.attrGet("title")
        tip = f' title="{escapeHtml(str(title))}"' if title else ""
        return f'<a href="{escapeHtml(str(token.attrGet("href")))}"{tip} target="_blank">'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        info = unescapeAll(token.info).strip()
        name = language(info)
        highlighter: Highlighter = env["highlighter"]
        growing = env["growing"] and _is_last(tokens, idx)
        code = highlighter.growing(token.content, name) if growing else highlighter.html(token.content, name)
        # What a fence says beyond a language that is known, a file's name say, would be lost otherwise.
        said = "" if info == name or not info else f'<p class="nc-info">{escapeHtml(info)}</p>\n'
        return f"{said}<pre><code>{code}</code></pre>\n"

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<pre><code>{escapeHtml(tokens[idx].content)}</code></pre>\n"

    def tag_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<{tokens[idx].tag}>"

    def tag_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</{tokens[idx].tag}>"

    def code_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<code>{escapeHtml(tokens[idx].content)}</code>"

    def plain(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return plain(tokens[idx].content)

    def math(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return _math(token, display=token.info == "display")

    def math_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<p class="nc-display">{_math(tokens[idx], display=True)}</p>\n'

    def definition(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        meta = tokens[idx].meta
        wanted: set[Label] = env["wanted"]
        if ("link", meta["id"]) in wanted:
            return ""
        title = f' "{meta["title"]}"' if meta["title"] else ""
        text = escapeHtml(f"[{meta['label']}]: {meta['url']}{title}")
        return f'<p class="nc-definition">{text}</p>\n'

    def note_reference(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<sup>[{escapeHtml(tokens[idx].content)}]</sup>"

    def citation(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<sup>{''.join(map(_mark, tokens[idx].meta['cited']))}</sup>"

    def citation_line(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<p>{self.citation(tokens, idx, options, env)}</p>\n"

    def footnote_reference_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        label = "" if _labelled(tokens, idx) else _label(tokens[idx])
        return f'<div class="nc-note"{_direction(tokens[idx])}>{label}'

    def paragraph_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        if idx and _labelled(tokens, idx - 1):
            return f"<p>{_label(tokens[idx - 1])}"
        return self.renderToken(tokens, idx, options, env)


def _mark(citation: Citation) -> str:
    """The mark of a source: a link to it, where a reader may be led there."""
    href = destination(citation.url)
    if not href:
        return f"[{citation.number}]"
    tip = escapeHtml(single_line(citation.title[:_LONGEST_TIP]) or href[:_LONGEST_TIP])
    return f'<a href="{escapeHtml(href)}" title="{tip}" target="_blank">[{citation.number}]</a>'


def _is_last(tokens: Sequence[Token], idx: int) -> bool:
    """Whether nothing but the ends of lists and quotations follows."""
    after = tokens[idx + 1 : idx + 2 + DEEPEST]
    return len(after) <= DEEPEST and all(token.nesting == -1 for token in after)


def _labelled(tokens: Sequence[Token], idx: int) -> bool:
    """Whether a footnote begins with a paragraph, which then has its label."""
    return tokens[idx].type == "footnote_reference_open" and tokens[idx + 1].type == "paragraph_open"


def _label(token: Token) -> str:
    return f"<sup>[{escapeHtml(token.meta['label'])}]</sup> "


_RENDERER: Final = HtmlRenderer()
_OPTIONS: Final = MarkdownIt("js-default").options


def html_of(
    tokens: Sequence[Token], highlighter: Highlighter, wanted: set[Label], growing: bool = False
) -> str:
    """Renders a block.

    Args:
        tokens: The block's tokens, with the inline ones parsed.
        highlighter: Colors the code of the answer.
        wanted: The labels that links have asked for: their definitions are not shown.
        growing: Whether the block is not finished.

    Returns:
        HTML that is not sanitized yet.
    """
    first = tokens[0]
    if first.type in _DIRECTED and any(right_to_left(t.content) for t in tokens if t.type == "inline"):
        first.attrSet("dir", "auto")
    env: dict[str, Any] = {"highlighter": highlighter, "wanted": wanted, "growing": growing}
    return _RENDERER.render(tokens, _OPTIONS, env)


def plain(text: str) -> str:
    """Text as it is: the way out for everything that cannot be rendered otherwise."""
    return f'<pre class="nc-plain">{escapeHtml(text)}</pre>\n'


def _math(token: Token, display: bool) -> str:
    """A formula as MathML; as TeX while its end has not come, and when it cannot be MathML."""
    if not token.meta["open"]:
        with suppress(UnsupportedTeXError):
            return mathml(token.content, display)
    return f"<code>{escapeHtml(delimited(token))}</code>"


def _direction(token: Token) -> str:
    return ' dir="auto"' if token.attrGet("dir") else ""
