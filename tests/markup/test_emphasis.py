"""Emphasis: as East Asian readers expect it beside their characters, and as CommonMark has it everywhere else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from notebook_chat.markup import Document, render_body
from notebook_chat.markup.emphasis import east_asian, emphasis_plugin

from .vocabulary import select, visible_text

COMMONMARK = MarkdownIt("commonmark").enable("strikethrough")
OURS = MarkdownIt("commonmark").enable("strikethrough")
emphasis_plugin(OURS)

# The examples of CommonMark 0.31's section on emphasis in which marks stand beside punctuation, or inside of words.
EXAMPLES = """\
a*"foo"*
*(**foo**)*
**foo "*bar*" foo**
*(*foo)
*(*foo*)*
**(**foo)
a**"foo"**
foo**bar**
5*6*78
**foo**bar
*$*alpha. *£*bravo. *€*charlie.
a_"foo"_
пристаням_стремятся_
aa_"bb"_cc
foo-_(bar)_
_(_foo_)_
**Gomphocarpus (*x*, syn. *y*)**
*foo**bar***
foo***bar***baz
foo******bar*********baz
***foo** bar*
*foo **bar *baz bim** bam*
** is not an empty emphasis
foo *\\**
**foo***
****foo*
*foo [*bar*](/url)*
**a<https://foo.bar/?q=**>
""".splitlines()


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_commonmark_come_out_as_there(text: str) -> None:
    assert OURS.render(text) == COMMONMARK.render(text)


MARKS = ["*", "**", "***", "~~", "_", "__", "`", "\\*", "[", "](x)", "\n"]
ELSEWHERE = st.characters(exclude_categories=["Cs"]).filter(lambda character: not east_asian(character))


@given(
    st.lists(st.sampled_from([*MARKS, *"ab1 .,:;!?()\"'-“”«»…é£€ßшאع😀⚠"]) | ELSEWHERE, max_size=30).map(
        "".join
    )
)
@example("**Note:**API and *(x)*y, a**“b”**c")
def test_text_without_east_asian_characters_is_commonmark(text: str) -> None:
    assert OURS.render(text) == COMMONMARK.render(text)


INSIDE = st.text(st.sampled_from("重要はガ한국어aB1：。、（）「」“”()!?:%-…・"), min_size=1, max_size=12)


NAMES = {"*": ["em"], "**": ["strong"], "***": ["em", "strong"], "~~": ["s"]}


@given(
    st.sampled_from("这で는：」ﾓ〜"),
    INSIDE,
    st.sampled_from("是のを。「ｶ〇"),
    st.sampled_from(sorted(NAMES)),
)
@example("这", "注意：", "是", "**")
def test_between_east_asian_characters_every_mark_does_what_it_says(
    before: str, inside: str, after: str, mark: str
) -> None:
    html = render_body(f"{before}{mark}{inside}{mark}{after}")
    assert visible_text(html) == f"{before}{inside}{after}\n"
    for name in NAMES[mark]:
        assert ["".join(element.itertext()) for element in select(html, name)] == [inside]


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**注意：**这是", ["注意："]),
        ("**「強調」**です", ["「強調」"]),
        ("**한국어(Korean)**는 **50%**를", ["한국어(Korean)", "50%"]),
        ("**价格:**100元，100**“元”**x", ["价格:", "“元”"]),
        ("**葛\U000e0100(x)**を **〇\ufe00。**の", ["葛\U000e0100(x)", "〇\ufe00。"]),
        ("**注意⚠️：**这 **✅**这", ["注意⚠️：", "✅"]),
        ("**这是*重点*。**的***「非常」***好", ["这是重点。", "「非常」"]),
        ("(**A**)はい**(B)**はい", ["A", "(B)"]),
        ("ｶﾅ**（半角）**ﾓｼﾞ", ["（半角）"]),
        ("English**「x」**text", ["「x」"]),
        ("**Note:**API", []),
        ("a😀**(x)**y", []),
        ("中文 ** （x） ** 中文", []),
        ("变量_名称_的__名称__的", []),
    ],
)
def test_what_is_bold(text: str, bold: list[str]) -> None:
    assert ["".join(element.itertext()) for element in select(render_body(text), "strong")] == bold


def test_it_is_bold_while_it_grows() -> None:
    document = Document()
    for piece in ("这里**注", "意：", "**这", "是"):
        document.feed(piece)
        html = document.html()
        assert "*" not in visible_text(html)
        assert len(select(html, "strong")) == 1
