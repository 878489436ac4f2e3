"""Ordinary answers: code, tables, math and links."""

from __future__ import annotations

from .ordinary_kind import Ordinary, has

CODE = [
    Ordinary("code in a line", "Use `a<b>` and ``x`y`` and `  spaced  `.", ("a<b>", "x`y"), (), has(code=3)),
    Ordinary(
        "Python",
        '```python\ndef f(x: int) -> str:\n    """Doc."""\n    return f"{x!r}"  # why\n```',
        ('def f(x: int) -> str:\n    """Doc."""\n    return f"{x!r}"  # why\n',),
        ("python", "```"),
        has(pre=1, b=2),
    ),
    Ordinary(
        "HTML in a fence",
        "```html\n<script>alert('&amp;')</script>\n<!-- x -->\n```",
        ("<script>alert('&amp;')</script>\n<!-- x -->\n",),
        (),
        has(pre=1),
    ),
    Ordinary(
        "Markdown in a fence",
        "````markdown\n# T\n```python\nx\n```\n````",
        ("# T\n```python\nx\n```\n",),
        (),
        has(pre=1, h1=0),
    ),
    Ordinary(
        "no language",
        "```\n  a\n\n  b $x$ **c** [d](e)\n```",
        ("  a\n\n  b $x$ **c** [d](e)\n",),
        (),
        has(pre=1, math=0, strong=0, a=0),
    ),
    Ordinary(
        "C++ and C#",
        "```c++\nstd::vector<int> v;\n```\n```C#\nvar x = new List<int>();\n```",
        ("std::vector<int> v;\n", "var x = new List<int>();\n"),
        ("c++", "C#"),
        has(pre=2),
    ),
    Ordinary(
        "a language with options",
        "```python {.numberLines}\nx = 1\n```",
        ("x = 1\n", "python {.numberLines}"),
        (),
        has(pre=1),
    ),
    Ordinary(
        "a language nobody knows",
        "```brainf**k!\n+[-->-[>>+>-----<<]<--]\n```",
        ("+[-->-[>>+>-----<<]<--]\n", "brainf**k!"),
        (),
        has(pre=1),
    ),
    Ordinary("a diagram", "```mermaid\ngraph TD; A-->B\n```", ("graph TD; A-->B\n",), (), has(pre=1)),
    Ordinary(
        "a fence that is not closed",
        "Text\n\n```js\nlet a = 1 < 2;\n",
        ("let a = 1 < 2;\n",),
        ("```",),
        has(pre=1),
    ),
    Ordinary(
        "tildes", "~~~sh\necho `date` $HOME\n~~~", ("echo `date` $HOME\n",), ("~~~",), has(pre=1, math=0)
    ),
    Ordinary("indented code", "Run\n\n    make < in > out\n\nnow", ("make < in > out\n",), (), has(pre=1)),
    Ordinary(
        "a session",
        '```console\n$ ls -la | grep "x"\ntotal 4\n```',
        ('$ ls -la | grep "x"\ntotal 4\n',),
        (),
        has(pre=1),
    ),
    Ordinary(
        "a difference", "```diff\n- a\n+ b\n@@ -1 +1 @@\n```", ("- a\n+ b\n@@ -1 +1 @@\n",), (), has(pre=1)
    ),
    Ordinary(
        "a long line of code", "```python\nx = '" + "a" * 5000 + "'\n```", ("a" * 5000,), (), has(pre=1)
    ),
    Ordinary(
        "tabs and blank lines in code",
        "```make\n\nall:\n\tcc -o x\n\n\n```",
        ("\nall:\n\tcc -o x\n\n\n",),
        (),
        has(pre=1),
    ),
]

TABLES = [
    Ordinary(
        "a table",
        "| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |",
        ("a", "4"),
        ("|", "--"),
        has(table=1, th=2, td=4),
    ),
    Ordinary(
        "a table without outer pipes", "a | b\n--|--\n1 | 2", ("a", "2"), ("|",), has(table=1, th=2, td=2)
    ),
    Ordinary(
        "pipes in code in a table",
        "| op | means |\n|---|---|\n| `a \\| b` | or |\n| `x || y` | or else |",
        ("a | b", "or", "x || y", "or else"),
        ("\\",),
        has(table=1, th=2, td=4),
    ),
    Ordinary(
        "math in a table",
        "| f | g |\n|---|---|\n| $|x|$ | $x^2$ |",
        ("x",),
        ("$",),
        has(table=1, td=2, math=2),
    ),
    Ordinary(
        "rows that do not fit",
        "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |",
        ("2 | 3",),
        (),
        has(table=1, td=4),
    ),
    Ordinary(
        "breaks in a table",
        "| a | b |\n|---|---|\n| x<br>y | z |",
        ("x", "y", "z"),
        ("<br>",),
        has(table=1, br=1),
    ),
    Ordinary(
        "text right under a table",
        "| a |\n|---|\n| 1 |\nAnd so on.",
        ("And so on.",),
        (),
        has(table=1, td=1, p=1),
    ),
]

MATH = [
    Ordinary(
        "prices",
        "It costs $5 and $10, or $1,000.50 to $2k; A$3 and US$4.",
        ("It costs $5 and $10, or $1,000.50 to $2k; A$3 and US$4.",),
        (),
        has(math=0),
    ),
    Ordinary(
        "prices in a list",
        "- $5\n- $10/month\n- from $20 (was $30)",
        ("$5", "$10/month", "from $20 (was $30)"),
        (),
        has(math=0),
    ),
    Ordinary(
        "variables of the shell",
        "Set $HOME and $PATH, or $USER/$SHELL.",
        ("$HOME and $PATH, or $USER/$SHELL.",),
        (),
        has(math=0),
    ),
    Ordinary(
        "math in a line",
        "Let $x^2 + y_1$ and \\(a \\le b\\); $n$ is the $k$th.",
        ("Let ", " is the "),
        ("$", "\\"),
        has(math=4),
    ),
    Ordinary(
        "math of its own",
        "$$\n\\int_0^1 x\\,dx = \\frac{1}{2}\n$$\n\n\\[ E = mc^2 \\]\n\n$$a$$",
        ("∫",),
        ("$", "\\", "frac"),
        has(math=3),
    ),
    Ordinary(
        "aligned lines",
        "\\[\n\\begin{align}\na &= b \\\\\n  &= c\n\\end{align}\n\\]",
        ("a",),
        ("\\", "&"),
        has(math=1, mtr=2),
    ),
    Ordinary(
        "cases and matrices",
        "$$f = \\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}$$\n\n"
        "$$A = \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$$",
        ("else",),
        ("\\", "&"),
        has(math=2, mtr=4, mtd=8),
    ),
    Ordinary(
        "math in a list",
        "1. First:\n   \\[\n   x = 1\n   - 2\n   \\]\n2. Second $y$",
        ("First:", "Second "),
        ("\\",),
        has(math=2, li=2),
    ),
    Ordinary(
        "math in the middle of a paragraph",
        "So\n$$\nx = 1\n$$\nholds.",
        ("So", "holds."),
        ("$",),
        has(math=1),
    ),
    Ordinary("prices and math", "For $5 you get $n = 3$ of them.", ("For $5 you get ",), (), has(math=1)),
    Ordinary("TeX that is not understood", "$\\ce{H2O}$ and $\\frac{1}{$", ("\\ce{H2O}",), (), has(math=0)),
    Ordinary(
        "backslashes that are no math",
        "C:\\(x86)\\dir and \\d+\\[a-z\\]",
        ("dir and \\d+",),
        (),
        has(math=0),
    ),
]

LINKS = [
    Ordinary(
        "links",
        "[a](https://example.org) [b](http://example.org/x?y=1&z=2 'T') [c](mailto:a@example.org)",
        ("a b c",),
        ("](",),
        has(a=3),
    ),
    Ordinary(
        "bare addresses",
        "See https://example.org/a_(b), (https://example.org) and <https://example.org/c>.",
        ("See https://example.org/a_(b), (https://example.org) and https://example.org/c.",),
        (),
        has(a=3),
    ),
    Ordinary(
        "references at the end",
        "See [the docs][1] and [that].\n\n[1]: https://example.org/1\n[that]: https://example.org/2",
        ("See the docs and that.",),
        ("[1]", "example.org"),
        has(a=2),
    ),
    Ordinary(
        "links within the answer",
        "- [Intro](#intro)\n- [File](notes.txt)",
        ("Intro", "File (notes.txt)"),
        ("#intro", "]("),
        has(a=0),
    ),
    Ordinary(
        "an image",
        "![A cat](https://example.org/cat.png)",
        ("A cat (image on example.org)",),
        ("![",),
        has(a=1, img=0),
    ),
    Ordinary(
        "a badge",
        "[![Build](https://img.example.org/b.svg)](https://ci.example.org)",
        ("Build (image on img.example.org)",),
        ("![",),
        has(a=1),
    ),
    Ordinary(
        "footnotes",
        "A claim.[^1] Another.[^long]\n\n[^1]: The source.\n[^long]: More\n    of it.",
        ("A claim.[1] Another.[long]", "The source.", "More\nof it."),
        ("[^",),
        has(sup=4),
    ),
    Ordinary(
        "citations in brackets",
        "As shown [1], [2, 3] and [a-z].",
        ("As shown [1], [2, 3] and [a-z].",),
        (),
        has(a=0),
    ),
]
