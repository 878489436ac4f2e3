"""Ordinary answers: text, languages, lists and quotations."""

from __future__ import annotations

from .ordinary_kind import Ordinary, has

TEXT = [
    Ordinary("one word", "Yes.", ("Yes.",), elements=has(p=1)),
    Ordinary(
        "paragraphs",
        "One\nline.\n\nAnother.",
        ("One\nline.", "Another."),
        elements=has(p=2, br=0),
    ),
    Ordinary(
        "emphasis",
        "*a* _b_ **c** __d__ ***e*** ~~f~~ g*h*i snake_case_name 2 * 3 * 4",
        ("a b c d e f ghi snake_case_name 2 * 3 * 4",),
        ("**", "~~"),
        has(em=4, strong=3, s=1),
    ),
    Ordinary(
        "emphasis in Chinese",
        "**注意：**这是重点。他说**“不行”**了。*（重要）*的，***「非常」***好，~~删除。~~保留，**步骤1:**打开，**价格:**100元",
        ("注意：这是重点。他说“不行”了。（重要）的，「非常」好，删除。保留，步骤1:打开，价格:100元",),
        ("*", "~"),
        has(strong=5, em=2, s=1),
    ),
    Ordinary(
        "emphasis in Japanese",
        "**「強調」**です。これは**重要（かなり）**な点で、**`print()`**を使う。**例：**`x`。ｶﾅ**「半角」**ﾓｼﾞ",
        ("「強調」です。これは重要（かなり）な点で、print()を使う。例：x。ｶﾅ「半角」ﾓｼﾞ",),
        ("*",),
        has(strong=5, code=2),
    ),
    Ordinary(
        "emphasis in Korean",
        "**한국어(Korean)**는 **50%**를 **'인용'**이라고 *(참고)*에서 **[링크](https://e.org)**의 ~~(삭제)~~했다",
        ("한국어(Korean)는 50%를 '인용'이라고 (참고)에서 링크의 (삭제)했다",),
        ("*", "~"),
        has(strong=4, em=1, s=1, a=1),
    ),
    Ordinary(
        "stars that are no emphasis in Chinese",
        "`**注意：**这` 与 \\*\\*注意：\\*\\*这 与 a ** （b） ** c，变量_名称_的，3 * （4） * 5",
        ("**注意：**这 与 **注意：**这 与 a ** （b） ** c，变量_名称_的，3 * （4） * 5",),
        elements=has(strong=0, em=0),
    ),
    Ordinary(
        "headings",
        "# A\n## B\n### C\n#### D\n##### E\n###### F\nText",
        ("A", "F", "Text"),
        ("#",),
        has(h1=1, h2=1, h3=1, h4=1, h5=1, h6=1),
    ),
    Ordinary(
        "underlined headings", "A\n===\n\nB\n---\n\ntext", ("A", "B"), ("==", "--"), has(h1=1, h2=1, hr=0)
    ),
    Ordinary(
        "hashtags and numbers",
        "#python is #1, C# and F# too",
        ("#python is #1, C# and F# too",),
        elements=has(h1=0),
    ),
    Ordinary("a rule", "a\n\n---\n\nb\n\n***", ("a", "b"), ("---", "***"), has(hr=2)),
    Ordinary("hard breaks", "one  \ntwo\\\nthree", ("one", "two", "three"), ("\\",), has(br=2)),
    Ordinary(
        "escapes",
        r"\*not emphasis\* \`not code\` \# 1\. \[x\] C:\\dir a\_b",
        ("*not emphasis* `not code` # 1. [x] C:\\dir a_b",),
        elements=has(em=0, code=0),
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
        'Between <b> and </b>, a <font>word</font> and <!-- a comment -->.\n\n<div class="x">\n  <p>Hi</p>\n</div>',
        ("<b> and </b>", "<font>word</font>", "<!-- a comment -->", '<div class="x">', "<p>Hi</p>", "</div>"),
        elements=has(b=0, font=0, div=0),
    ),
    Ordinary(
        "tags for which Markdown has no sign",
        "H<sub>2</sub>O, x<sup>2</sup>, <kbd>Ctrl</kbd>+<kbd>C</kbd>, <mark>**key** word</mark>, <del>old</del>"
        " <ins>new</ins>, <small>small *print*</small>, <u>under</u>, <abbr>HTML</abbr>, <var>n</var>, <samp>ok</samp>",
        ("H2O, x2, Ctrl+C, key word, old new, small print, under, HTML, n, ok",),
        ("<", "*"),
        has(sub=1, sup=1, kbd=2, mark=1, ins=1, small=1, u=1, abbr=1, var=1, samp=1, strong=1, em=1),
    ),
    Ordinary(
        "tags for which Markdown has a sign",
        "<b>Note</b> <STRONG>this</STRONG> and <i>that</i>, <em >so</em >, <s>not</s>",
        ("Note this and that, so, not",),
        ("<",),
        has(b=1, strong=1, i=1, em=1, s=1),
    ),
    Ordinary(
        "breaks",
        "one<br>two<br/>three<br />four<BR>\n\n| a<br>b |\n|---|\n| <br>c |\n\n# d<br>e",
        ("one\n\ntwo\n\nthree\n\nfour", "a\n\nb", "c", "d\n\ne"),
        ("<",),
        has(br=7, h1=1),
    ),
    Ordinary(
        "tags around and in other marks",
        "**CO<sub>2</sub>** *x<sup>**2**</sup>* [H<sub>2</sub>](https://e.org) <kbd>`a`</kbd> <sup>$x$</sup>",
        ("CO2 x2 H2 a x",),
        ("<", "*"),
        has(sub=2, sup=2, kbd=1, code=1, strong=2, em=1, a=1, math=1),
    ),
    Ordinary(
        "tags that are in code or do not end",
        "`<sub>2</sub>` a <kbd>key, </sup> <b>x</i>, **a <u>b** c</u>, <mark>two\n\nparts</mark>, <i></i>",
        ("<sub>2</sub> a <kbd>key, </sup> <b>x</i>, a <u>b c</u>, <mark>two", "parts</mark>, <i></i>"),
        elements=has(sub=0, sup=0, kbd=0, b=0, i=0, u=0, mark=0, strong=1),
    ),
    Ordinary("a file's name", "notes.txt", ("notes.txt",), elements=has(a=0)),
    Ordinary("a path", "/etc/hosts", ("/etc/hosts",)),
    Ordinary(
        "files' names in a sentence",
        "Edit README.md, main.py, setup.cfg and run.sh; then node.js.",
        ("README.md, main.py, setup.cfg and run.sh; then node.js.",),
        elements=has(a=0),
    ),
    Ordinary(
        "an address alone", "https://example.org/a.md", ("https://example.org/a.md",), elements=has(a=1)
    ),
    Ordinary("JSON alone", '{"a": [1, 2, {"b": null}]}', ('{"a": [1, 2, {"b": null}]}',)),
    Ordinary(
        "template braces", "Use {{ name }}, {% if x %} and ${HOME}.", ("{{ name }}, {% if x %} and ${HOME}.",)
    ),
    Ordinary("a long word", "x" * 3000, ("x" * 3000,)),
    Ordinary("a long line", "word " * 2000, ("word " * 1999,), elements=has(p=1)),
]

LANGUAGES = [
    Ordinary("emoji", "Done! 🎉 👩‍💻 🏳️‍🌈 🇩🇪 ✅ 1️⃣", ("Done! 🎉 👩‍💻 🏳️‍🌈 🇩🇪 ✅ 1️⃣",)),
    Ordinary(
        "Chinese",
        "你好，**世界**。价格是$5，见https://example.org/路径。",
        ("你好，世界。价格是$5，见", "。"),
        ("**",),
        has(strong=1, a=1, math=0),
    ),
    Ordinary(
        "Japanese",
        "「こんにちは」と**言う**。\n\n- 一つ\n- 二つ",
        ("「こんにちは」と言う。", "一つ"),
        elements=has(li=2, strong=1),
    ),
    Ordinary("Korean", "안녕하세요, `코드`입니다.", ("안녕하세요, 코드입니다.",), elements=has(code=1)),
    Ordinary(
        "Hebrew", "שלום עולם, זה **מבחן** של `code`.", ("שלום עולם, זה מבחן של code.",), elements=has(p=1)
    ),
    Ordinary(
        "Arabic in a list",
        "- مرحبا بالعالم\n- نص آخر",
        ("مرحبا بالعالم", "نص آخر"),
        elements=has(ul=1, li=2),
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
        elements=has(pre=1),
    ),
]

LISTS = [
    Ordinary("a list", "- a\n- b\n- c", ("a", "b", "c"), ("-",), has(ul=1, li=3, p=0)),
    Ordinary("a list with blank lines", "* a\n\n* b", ("a", "b"), ("*",), has(ul=1, li=2, p=2)),
    Ordinary(
        "nested lists",
        "- a\n  - b\n    - c\n      - d\n- e\n  1. f\n  2. g",
        ("a", "d", "g"),
        (),
        has(ul=4, ol=1, li=7),
    ),
    Ordinary(
        "nested by four spaces", "1. a\n    - b\n    - c\n2. d", ("a", "b", "d"), (), has(ol=1, ul=1, li=4)
    ),
    Ordinary("numbers that start late", "3. c\n4. d", ("c", "d"), ("3.",), has(ol=1, li=2)),
    Ordinary("numbers with brackets", "1) a\n2) b", ("a", "b"), ("1)",), has(ol=1, li=2)),
    Ordinary(
        "a list right after a sentence",
        "Do this:\n- a\n- b",
        ("Do this:", "a"),
        ("- a",),
        has(p=1, ul=1, li=2),
    ),
    Ordinary(
        "a year at the start of a line", "It was in\n1984. Or later.", ("1984. Or later.",), (), has(ol=0)
    ),
    Ordinary(
        "tasks",
        "- [x] done\n- [ ] open\n- [X] also\n- [y] no task",
        ("done", "open", "[y] no task"),
        ("[x]", "[ ]"),
        has(li=4, input=3),
    ),
    Ordinary(
        "code in a list",
        "1. Run:\n\n   ```bash\n   pip install x\n   ```\n\n2. Then:\n   ```python\n   import x\n   ```",
        ("pip install x\n", "import x\n"),
        ("```",),
        has(ol=1, li=2, pre=2),
    ),
    Ordinary("paragraphs in a list", "- a\n\n  more of a\n- b", ("more of a",), (), has(ul=1, li=2, p=3)),
    Ordinary(
        "a table in a list",
        "- a\n\n  | x | y |\n  |---|---|\n  | 1 | 2 |",
        ("x", "2"),
        ("|",),
        has(table=1, li=1),
    ),
    Ordinary("a quotation", "> a\n> b\n>\n> > c\n\nd", ("a\nb", "c", "d"), (">",), has(blockquote=2)),
    Ordinary(
        "a quotation with more in it",
        "> # T\n> - a\n> ```\n> x > y\n> ```",
        ("T", "a", "x > y\n"),
        (),
        has(blockquote=1, h1=1, li=1, pre=1),
    ),
    Ordinary(
        "a note as on GitHub", "> [!NOTE]\n> Read this.", ("[!NOTE]", "Read this."), (), has(blockquote=1)
    ),
]
