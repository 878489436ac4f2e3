"""Where an answer may lead its reader, and what it may not load by itself.

A link leads to http, https or mailto; any other destination stays beside its label as text. An image is never
loaded, since asking for it would tell its host what the address carries: it becomes a link that names the host.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import autolink as angle_autolink
from markdown_it.rules_inline import link as markdown_link
from markdown_it.token import Token

_ALLOWED: Final = re.compile(r"https?://[^\s/?#\\]|mailto:[^\s/?#\\]", re.IGNORECASE)
_ANGLE: Final = re.compile(r"<(?:https?://|mailto:|[^\s<>@:]+@)", re.IGNORECASE)
_BARE: Final = re.compile(
    r"https?://[^\s<>\"'`|\\^{}“”‘’«»「」『』《》【】（）。，、；：！？…]+", re.IGNORECASE
)
_SCHEME: Final = re.compile(r"https?\Z", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"&(?:lt|gt|quot|apos|#x?[0-9a-f]{1,6});", re.IGNORECASE)
_TRAILING: Final = "?!.,:;*_~])"
_NO_ADDRESS: Final = re.compile(
    "[\\s\\\\\x00-\x20\x7f-\xa0\u061c\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff\ud800-\udfff]"
)
"""What no address has: blanks, controls, what cannot be seen, and the stroke that browsers read as a slash."""
_LONGEST_LINK: Final = 8_000
_LONGEST_SHOWN: Final = 200
"""How much is shown of a destination that is no link, in characters: an embedded image is a long one."""


def links_plugin(md: MarkdownIt) -> None:
    """Replace the rules for images and ``<autolinks>``, and add one for bare addresses."""
    md.inline.ruler.at("link", _link)
    md.inline.ruler.at("image", _image)
    md.inline.ruler.at("autolink", _autolink)
    md.inline.ruler.push("bare_address", _bare_address)


def normalized(url: str) -> str:
    """Percent-encode an address, its host in ASCII; an address that cannot be parsed is given back."""
    try:
        return normalizeLink(url)
    except Exception:  # mdurl raises what it likes on what is no address
        return url


def allowed(url: str) -> bool:
    """Whether a reader may be led there by a click: http, https with a host, or mailto."""
    return _ALLOWED.match(url) is not None


def destination(url: str) -> str:
    """Where a link to an address leads that no Markdown has brought but a service, such as that of a source; ``""``
    where no reader may be led there, or could not see where.

    Args:
        url: The address, as somebody else has written it.
    """
    url = url.strip()
    if len(url) > _LONGEST_LINK or _NO_ADDRESS.search(url) is not None:
        return ""
    href = normalized(url)
    return href if allowed(href) and href.isascii() else ""


def host_of(href: str) -> str:
    """The host that a link leads to, in ASCII; ``""`` where there is none to name."""
    try:
        return urlsplit(href).hostname or ""
    except ValueError:  # brackets that hold no IPv6 address
        return ""


def settle_links(tokens: list[Token]) -> list[Token]:
    """Make of the links and images among inline tokens what may be shown.

    Afterwards each ``link_open`` has an allowed destination and something to click on, and there are no
    images: those have become links of their own, or text where they stand inside of a link.
    """
    if not any(token.type in ("link_open", "image_open") for token in tokens):
        return tokens
    settled: list[Token] = []
    ends: list[str] = []  # the text to put at the end of each open link or image
    in_link = 0
    for token in tokens:
        if token.type in ("link_open", "image_open"):
            url = str(token.attrGet("href") or "")
            is_link = allowed(url) and not in_link
            ends.append(_ending(token, url, is_link))
            if is_link:
                in_link = len(ends)
                token.type = "link_open"
                settled.append(token)
        elif token.type in ("link_close", "image_close"):
            _close(settled, token, ends.pop(), is_link=in_link == len(ends) + 1)
            if in_link == len(ends) + 1:
                in_link = 0
        else:
            settled.append(token)
    return settled


def _close(settled: list[Token], token: Token, ending: str, is_link: bool) -> None:
    if not settled or settled[-1].type == "link_open":  # no label
        ending = ending.lstrip() or (str(settled[-1].attrGet("href")) if is_link else "")
    if ending:
        settled.append(_text(ending, token.level))
    if is_link:
        token.type = "link_close"
        settled.append(token)


def _ending(token: Token, url: str, is_link: bool) -> str:
    """What has to be said after the label: the host of an image, or a destination that is no link."""
    title = token.attrGet("title")
    said = "" if is_link or not title else f' "{title}"'  # a link has it as its tip
    if token.type == "link_open":
        address = "" if is_link or url.startswith("#") else _shortened(url)
        said = f"{address}{said}".strip()
        return f" ({said})" if said else ""
    if not allowed(url):
        return f" (image: {_shortened(url)}{said})"
    host = host_of(url)
    return f" (image on {host}{said})" if host else f" (image{said})"


def _shortened(url: str) -> str:
    if len(url) <= _LONGEST_SHOWN:
        return url
    return f"{url[: _LONGEST_SHOWN // 2]}… {len(url):,} characters"


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


def _link(state: StateInline, silent: bool) -> bool:
    """The parser's own rule, asked only where a label can end: it looks for it through all that follows."""
    if state.src[state.pos] != "[":
        return False
    last = state.env.get("last_bracket")
    if last is None:
        last = state.env["last_bracket"] = state.src.rfind("]")
    return state.pos < last and markdown_link(state, silent)


def _image(state: StateInline, silent: bool) -> bool:
    """``![label](address)`` as the link rule reads it, without the ``!``, so that nesting costs nothing."""
    if not state.src.startswith("![", state.pos):
        return False
    start, pending = len(state.tokens), bool(state.pending)
    state.pos += 1
    if not _link(state, silent):
        state.pos -= 1
        return False
    if not silent:
        state.tokens[start + pending].type = "image_open"
        state.tokens[-1].type = "image_close"
    return True


def _autolink(state: StateInline, silent: bool) -> bool:
    """``<https://…>`` and ``<someone@example.org>``; ``<int:pk>`` and ``<javascript:…>`` stay text."""
    if state.src[state.pos] != "<" or _ANGLE.match(state.src, state.pos) is None:
        return False
    return angle_autolink(state, silent)


def _bare_address(state: StateInline, silent: bool) -> bool:
    """``https://…`` without any brackets, found at its colon."""
    src, pos = state.src, state.pos
    if silent or state.linkLevel or not src.startswith("://", pos):
        return False
    scheme = _SCHEME.search(src, max(0, pos - 5), pos)
    if scheme is None or (scheme.start() > 0 and _word(src[scheme.start() - 1])):
        return False
    match = _BARE.match(src, scheme.start(), state.posMax)
    if match is None or not state.pending.endswith(scheme.group()):
        return False
    url = _trimmed(match.group())
    href = normalized(url)
    if not allowed(href):
        return False
    state.pending = state.pending[: -len(scheme.group())]
    state.push("link_open", "a", 1).attrs = {"href": href}
    state.push("text", "", 0).content = url
    state.push("link_close", "a", -1)
    state.pos = scheme.start() + len(url)
    return True


def _word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _trimmed(url: str) -> str:
    """Without what ends the sentence and not the address: punctuation, brackets not opened in it, a quote."""
    reference = _REFERENCE.search(url)
    url = url[: reference.start()] if reference else url
    end = len(url)
    opened, closed = url.count("("), url.count(")")
    while end and url[end - 1] in _TRAILING:
        if url[end - 1] == ")":
            if closed <= opened:
                break
            closed -= 1
        end -= 1
    return url[:end]
