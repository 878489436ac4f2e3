"""Ordinary answers, and what a reader must see of each.

They are what models write every day, with what has come out wrong elsewhere: generics taken for tags, prices for
maths, an answer that is a file's name for the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Ordinary:
    """An ordinary answer.

    Attributes:
        name: a few words.
        text: the answer, as the model wrote it.
        shows: texts that are there to be read, each in one piece.
        hides: texts that must not be seen, marks of Markdown above all.
        elements: how many elements of a name there are, HTML's or MathML's.
    """

    name: str
    text: str
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    elements: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def _has(**elements: int) -> Mapping[str, int]:
    return MappingProxyType(elements)


_TEXT = [
    Ordinary("one word", "Yes.", ("Yes.",), elements=_has(p=1)),
    Ordinary(
        "paragraphs",
        "One\nline.\n\nAnother.",
        ("One\nline.", "Another."),
        elements=_has(p=2, br=0),
    ),
    Ordinary(
        "emphasis",
        "*a* _b_ **c** __d__ ***e*** ~~f~~ g*h*i snake_case_name 2 * 3 * 4",
        ("a b c d e f ghi snake_case_name 2 * 3 * 4",),
        ("**", "~~"),
        _has(em=4, strong=3, s=1),
    ),
    Ordinary(
        "headings",
        "# A\n## B\n### C\n#### D\n##### E\n###### F\nText",
        ("A", "F", "Text"),
        ("#",),
        _has(h1=1, h2=1, h3=1, h4=1, h5=1, h6=1),
    ),
    Ordinary(
        "underlined headings", "A\n===\n\nB\n---\n\ntext", ("A", "B"), ("==", "--"), _has(h1=1, h2=1, hr=0)
    ),
    Ordinary(
        "hashtags and numbers",
        "#python is #1, C# and F# too",
        ("#python is #1, C# and F# too",),
        elements=_has(h1=0),
    ),
    Ordinary("a rule", "a\n\n---\n\nb\n\n***", ("a", "b"), ("---", "***"), _has(hr=2)),
    Ordinary("hard breaks", "one  \ntwo\\\nthree", ("one", "two", "three"), ("\\",), _has(br=2)),
    Ordinary(
        "escapes",
        r"\*not emphasis\* \`not code\` \# 1\. \[x\] C:\\dir a\_b",
        ("*not emphasis* `not code` # 1. [x] C:\\dir a_b",),
        elements=_has(em=0, code=0),
    ),
    Ordinary(
        "references",
        "&copy; 2025 &amp; &lt;tag&gt; &nbsp;&mdash; AT&T &notanentity;",
        ("© 2025 & <tag>", "— AT&T &notanentity;"),
    ),
    Ordinary(
        "quotes and dashes", "\"it's\" -- 'so' ... 1/2 (c) a->b", ("\"it's\" -- 'so' ... 1/2 (c) a->b",)
    ),
    Ordinary(
        "generics",
        "Use List<int>, Map<String, List<T>> or vector<vector<int>>; a < b && c > d.",
        ("List<int>", "Map<String, List<T>>", "vector<vector<int>>", "a < b && c > d"),
    ),
    Ordinary(
        "placeholders",
        "Replace <your-key> and <NAME>, as in path('<int:pk>/').",
        ("<your-key>", "<NAME>", "<int:pk>"),
    ),
    Ordinary(
        "HTML as text",
        'A <b>bold</b> word, a <br> and <!-- a comment -->.\n\n<div class="x">\n  <p>Hi</p>\n</div>',
        ("<b>bold</b>", "<br>", "<!-- a comment -->", '<div class="x">', "<p>Hi</p>", "</div>"),
        elements=_has(b=0, br=0, div=0),
    ),
    Ordinary("a file's name", "notes.txt", ("notes.txt",), elements=_has(a=0)),
    Ordinary("a path", "/etc/hosts", ("/etc/hosts",)),
    Ordinary(
        "files' names in a sentence",
        "Edit README.md, main.py, setup.cfg and run.sh; then node.js.",
        ("README.md, main.py, setup.cfg and run.sh; then node.js.",),
        elements=_has(a=0),
    ),
    Ordinary(
        "an address alone", "https://example.org/a.md", ("https://example.org/a.md",), elements=_has(a=1)
    ),
    Ordinary("JSON alone", '{"a": [1, 2, {"b": null}]}', ('{"a": [1, 2, {"b": null}]}',)),
    Ordinary(
        "template braces", "Use {{ name }}, {% if x %} and ${HOME}.", ("{{ name }}, {% if x %} and ${HOME}.",)
    ),
    Ordinary("a long word", "x" * 3000, ("x" * 3000,)),
    Ordinary("a long line", "word " * 2000, ("word " * 1999,), elements=_has(p=1)),
]

_LANGUAGES = [
    Ordinary("emoji", "Done! 🎉 👩‍💻 🏳️‍🌈 🇩🇪 ✅ 1️⃣", ("Done! 🎉 👩‍💻 🏳️‍🌈 🇩🇪 ✅ 1️⃣",)),
    Ordinary(
        "Chinese",
        "你好，**世界**。价格是$5，见https://example.org/路径。",
        ("你好，世界。价格是$5，见", "。"),
        ("**",),
        _has(strong=1, a=1, math=0),
    ),
    Ordinary(
        "Japanese",
        "「こんにちは」と**言う**。\n\n- 一つ\n- 二つ",
        ("「こんにちは」と言う。", "一つ"),
        elements=_has(li=2, strong=1),
    ),
    Ordinary("Korean", "안녕하세요, `코드`입니다.", ("안녕하세요, 코드입니다.",), elements=_has(code=1)),
    Ordinary(
        "Hebrew", "שלום עולם, זה **מבחן** של `code`.", ("שלום עולם, זה מבחן של code.",), elements=_has(p=1)
    ),
    Ordinary(
        "Arabic in a list",
        "- مرحبا بالعالم\n- نص آخر",
        ("مرحبا بالعالم", "نص آخر"),
        elements=_has(ul=1, li=2),
    ),
    Ordinary("Persian with a joiner", "می\u200cخواهم", ("می\u200cخواهم",)),
    Ordinary("Hindi and Thai", "नमस्ते दुनिया สวัสดี", ("नमस्ते दुनिया สวัสดี",)),
    Ordinary(
        "Greek and signs",
        "α ≤ β, ∀x ∈ ℝ: x² ≥ 0 → √2 ≈ 1.41 µm ½ °C",
        ("α ≤ β, ∀x ∈ ℝ: x² ≥ 0 → √2 ≈ 1.41 µm ½ °C",),
    ),
    Ordinary(
        "box drawing",
        "```\n├── src\n│   └── a.py\n└── README.md\n```",
        ("├── src\n│   └── a.py\n└── README.md",),
        elements=_has(pre=1),
    ),
]

_LISTS = [
    Ordinary("a list", "- a\n- b\n- c", ("a", "b", "c"), ("-",), _has(ul=1, li=3, p=0)),
    Ordinary("a list with blank lines", "* a\n\n* b", ("a", "b"), ("*",), _has(ul=1, li=2, p=2)),
    Ordinary(
        "nested lists",
        "- a\n  - b\n    - c\n      - d\n- e\n  1. f\n  2. g",
        ("a", "d", "g"),
        (),
        _has(ul=4, ol=1, li=7),
    ),
    Ordinary(
        "nested by four spaces", "1. a\n    - b\n    - c\n2. d", ("a", "b", "d"), (), _has(ol=1, ul=1, li=4)
    ),
    Ordinary("numbers that start late", "3. c\n4. d", ("c", "d"), ("3.",), _has(ol=1, li=2)),
    Ordinary("numbers with brackets", "1) a\n2) b", ("a", "b"), ("1)",), _has(ol=1, li=2)),
    Ordinary(
        "a list right after a sentence",
        "Do this:\n- a\n- b",
        ("Do this:", "a"),
        ("- a",),
        _has(p=1, ul=1, li=2),
    ),
    Ordinary(
        "a year at the start of a line", "It was in\n1984. Or later.", ("1984. Or later.",), (), _has(ol=0)
    ),
    Ordinary(
        "tasks",
        "- [x] done\n- [ ] open\n- [X] also\n- [y] no task",
        ("done", "open", "[y] no task"),
        ("[x]", "[ ]"),
        _has(li=4, input=3),
    ),
    Ordinary(
        "code in a list",
        "1. Run:\n\n   ```bash\n   pip install x\n   ```\n\n2. Then:\n   ```python\n   import x\n   ```",
        ("pip install x\n", "import x\n"),
        ("```",),
        _has(ol=1, li=2, pre=2),
    ),
    Ordinary("paragraphs in a list", "- a\n\n  more of a\n- b", ("more of a",), (), _has(ul=1, li=2, p=3)),
    Ordinary(
        "a table in a list",
        "- a\n\n  | x | y |\n  |---|---|\n  | 1 | 2 |",
        ("x", "2"),
        ("|",),
        _has(table=1, li=1),
    ),
    Ordinary("a quotation", "> a\n> b\n>\n> > c\n\nd", ("a\nb", "c", "d"), (">",), _has(blockquote=2)),
    Ordinary(
        "a quotation with more in it",
        "> # T\n> - a\n> ```\n> x > y\n> ```",
        ("T", "a", "x > y\n"),
        (),
        _has(blockquote=1, h1=1, li=1, pre=1),
    ),
    Ordinary(
        "a note as on GitHub", "> [!NOTE]\n> Read this.", ("[!NOTE]", "Read this."), (), _has(blockquote=1)
    ),
]

_CODE = [
    Ordinary("code in a line", "Use `a<b>` and ``x`y`` and `  spaced  `.", ("a<b>", "x`y"), (), _has(code=3)),
    Ordinary(
        "Python",
        '```python\ndef f(x: int) -> str:\n    """Doc."""\n    return f"{x!r}"  # why\n```',
        ('def f(x: int) -> str:\n    """Doc."""\n    return f"{x!r}"  # why\n',),
        ("python", "```"),
        _has(pre=1, b=2),
    ),
    Ordinary(
        "HTML in a fence",
        "```html\n<script>alert('&amp;')</script>\n<!-- x -->\n```",
        ("<script>alert('&amp;')</script>\n<!-- x -->\n",),
        (),
        _has(pre=1),
    ),
    Ordinary(
        "Markdown in a fence",
        "````markdown\n# T\n```python\nx\n```\n````",
        ("# T\n```python\nx\n```\n",),
        (),
        _has(pre=1, h1=0),
    ),
    Ordinary(
        "no language",
        "```\n  a\n\n  b $x$ **c** [d](e)\n```",
        ("  a\n\n  b $x$ **c** [d](e)\n",),
        (),
        _has(pre=1, math=0, strong=0, a=0),
    ),
    Ordinary(
        "C++ and C#",
        "```c++\nstd::vector<int> v;\n```\n```C#\nvar x = new List<int>();\n```",
        ("std::vector<int> v;\n", "var x = new List<int>();\n"),
        ("c++", "C#"),
        _has(pre=2),
    ),
    Ordinary(
        "a language with options",
        "```python {.numberLines}\nx = 1\n```",
        ("x = 1\n", "python {.numberLines}"),
        (),
        _has(pre=1),
    ),
    Ordinary(
        "a language nobody knows",
        "```brainf**k!\n+[-->-[>>+>-----<<]<--]\n```",
        ("+[-->-[>>+>-----<<]<--]\n", "brainf**k!"),
        (),
        _has(pre=1),
    ),
    Ordinary("a diagram", "```mermaid\ngraph TD; A-->B\n```", ("graph TD; A-->B\n",), (), _has(pre=1)),
    Ordinary(
        "a fence that is not closed",
        "Text\n\n```js\nlet a = 1 < 2;\n",
        ("let a = 1 < 2;\n",),
        ("```",),
        _has(pre=1),
    ),
    Ordinary(
        "tildes", "~~~sh\necho `date` $HOME\n~~~", ("echo `date` $HOME\n",), ("~~~",), _has(pre=1, math=0)
    ),
    Ordinary("indented code", "Run\n\n    make < in > out\n\nnow", ("make < in > out\n",), (), _has(pre=1)),
    Ordinary(
        "a session",
        '```console\n$ ls -la | grep "x"\ntotal 4\n```',
        ('$ ls -la | grep "x"\ntotal 4\n',),
        (),
        _has(pre=1),
    ),
    Ordinary(
        "a difference", "```diff\n- a\n+ b\n@@ -1 +1 @@\n```", ("- a\n+ b\n@@ -1 +1 @@\n",), (), _has(pre=1)
    ),
    Ordinary(
        "a long line of code", "```python\nx = '" + "a" * 5000 + "'\n```", ("a" * 5000,), (), _has(pre=1)
    ),
    Ordinary(
        "tabs and blank lines in code",
        "```make\n\nall:\n\tcc -o x\n\n\n```",
        ("\nall:\n\tcc -o x\n\n\n",),
        (),
        _has(pre=1),
    ),
]

_TABLES = [
    Ordinary(
        "a table",
        "| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |",
        ("a", "4"),
        ("|", "--"),
        _has(table=1, th=2, td=4),
    ),
    Ordinary(
        "a table without outer pipes", "a | b\n--|--\n1 | 2", ("a", "2"), ("|",), _has(table=1, th=2, td=2)
    ),
    Ordinary(
        "pipes in code in a table",
        "| op | means |\n|---|---|\n| `a \\| b` | or |\n| `x || y` | or else |",
        ("a | b", "or", "x || y", "or else"),
        ("\\",),
        _has(table=1, th=2, td=4),
    ),
    Ordinary(
        "maths in a table",
        "| f | g |\n|---|---|\n| $|x|$ | $x^2$ |",
        ("x",),
        ("$",),
        _has(table=1, td=2, math=2),
    ),
    Ordinary(
        "rows that do not fit",
        "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |",
        ("2 | 3",),
        (),
        _has(table=1, td=4),
    ),
    Ordinary(
        "breaks in a table",
        "| a | b |\n|---|---|\n| x<br>y | z |",
        ("x", "y", "z"),
        ("<br>",),
        _has(table=1, br=1),
    ),
    Ordinary(
        "text right under a table",
        "| a |\n|---|\n| 1 |\nAnd so on.",
        ("And so on.",),
        (),
        _has(table=1, td=1, p=1),
    ),
]

_MATHS = [
    Ordinary(
        "prices",
        "It costs $5 and $10, or $1,000.50 to $2k; A$3 and US$4.",
        ("It costs $5 and $10, or $1,000.50 to $2k; A$3 and US$4.",),
        (),
        _has(math=0),
    ),
    Ordinary(
        "prices in a list",
        "- $5\n- $10/month\n- from $20 (was $30)",
        ("$5", "$10/month", "from $20 (was $30)"),
        (),
        _has(math=0),
    ),
    Ordinary(
        "variables of the shell",
        "Set $HOME and $PATH, or $USER/$SHELL.",
        ("$HOME and $PATH, or $USER/$SHELL.",),
        (),
        _has(math=0),
    ),
    Ordinary(
        "maths in a line",
        "Let $x^2 + y_1$ and \\(a \\le b\\); $n$ is the $k$th.",
        ("Let ", " is the "),
        ("$", "\\"),
        _has(math=4),
    ),
    Ordinary(
        "maths of its own",
        "$$\n\\int_0^1 x\\,dx = \\frac{1}{2}\n$$\n\n\\[ E = mc^2 \\]\n\n$$a$$",
        ("∫",),
        ("$", "\\", "frac"),
        _has(math=3),
    ),
    Ordinary(
        "aligned lines",
        "\\[\n\\begin{align}\na &= b \\\\\n  &= c\n\\end{align}\n\\]",
        ("a",),
        ("\\", "&"),
        _has(math=1, mtr=2),
    ),
    Ordinary(
        "cases and matrices",
        "$$f = \\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}$$\n\n"
        "$$A = \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$$",
        ("else",),
        ("\\", "&"),
        _has(math=2, mtr=4, mtd=8),
    ),
    Ordinary(
        "maths in a list",
        "1. First:\n   \\[\n   x = 1\n   - 2\n   \\]\n2. Second $y$",
        ("First:", "Second "),
        ("\\",),
        _has(math=2, li=2),
    ),
    Ordinary(
        "maths in the middle of a paragraph",
        "So\n$$\nx = 1\n$$\nholds.",
        ("So", "holds."),
        ("$",),
        _has(math=1),
    ),
    Ordinary("prices and maths", "For $5 you get $n = 3$ of them.", ("For $5 you get ",), (), _has(math=1)),
    Ordinary("TeX that is not understood", "$\\ce{H2O}$ and $\\frac{1}{$", ("\\ce{H2O}",), (), _has(math=0)),
    Ordinary(
        "backslashes that are no maths",
        "C:\\(x86)\\dir and \\d+\\[a-z\\]",
        ("dir and \\d+",),
        (),
        _has(math=0),
    ),
]

_LINKS = [
    Ordinary(
        "links",
        "[a](https://example.org) [b](http://example.org/x?y=1&z=2 'T') [c](mailto:a@example.org)",
        ("a b c",),
        ("](",),
        _has(a=3),
    ),
    Ordinary(
        "bare addresses",
        "See https://example.org/a_(b), (https://example.org) and <https://example.org/c>.",
        ("See https://example.org/a_(b), (https://example.org) and https://example.org/c.",),
        (),
        _has(a=3),
    ),
    Ordinary(
        "references at the end",
        "See [the docs][1] and [that].\n\n[1]: https://example.org/1\n[that]: https://example.org/2",
        ("See the docs and that.",),
        ("[1]", "example.org"),
        _has(a=2),
    ),
    Ordinary(
        "links within the answer",
        "- [Intro](#intro)\n- [File](notes.txt)",
        ("Intro", "File (notes.txt)"),
        ("#intro", "]("),
        _has(a=0),
    ),
    Ordinary(
        "an image",
        "![A cat](https://example.org/cat.png)",
        ("A cat (image on example.org)",),
        ("![",),
        _has(a=1, img=0),
    ),
    Ordinary(
        "a badge",
        "[![Build](https://img.example.org/b.svg)](https://ci.example.org)",
        ("Build (image on img.example.org)",),
        ("![",),
        _has(a=1),
    ),
    Ordinary(
        "footnotes",
        "A claim.[^1] Another.[^long]\n\n[^1]: The source.\n[^long]: More\n    of it.",
        ("A claim.[1] Another.[long]", "The source.", "More\nof it."),
        ("[^",),
        _has(sup=4),
    ),
    Ordinary(
        "citations in brackets",
        "As shown [1], [2, 3] and [a-z].",
        ("As shown [1], [2, 3] and [a-z].",),
        (),
        _has(a=0),
    ),
]

ORDINARY: list[Ordinary] = [*_TEXT, *_LANGUAGES, *_LISTS, *_CODE, *_TABLES, *_MATHS, *_LINKS]
