r"""By what a line is known as code. Each sign has a name, so that a judgement can be explained.

The signs look at a line in which every ``{name}`` is one character, ``PLACE``, and inline code another, ``SPAN``. They
are looked for in the first characters of a line only, and none goes back over it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PLACE: Final = "\ue000"
SPAN: Final = "\ue001"

_P: Final = PLACE
_DECLARED: Final = (
    r"(?:(?:const|let|var|val|int|long|short|float|double|char|bool|boolean|auto|static|final|private|public|protected"
    r"|local|my|our|export|set|unset|declare|readonly|unsigned|size_t|string|String|def|type|data|newtype|Dim|global"
    r"|mut|final|pub|extern|inline|constexpr)\s+){0,4}+"
)
_TARGET: Final = r"[$@%&*_A-Za-z][\w$:.\-]{0,60}+(?:\(\)|\[[^\]\n]{0,40}\]|\{[^}\n]{0,40}\}){0,3}+"

ENDS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "ends a statement": re.compile(r";\s*(?://[^\n]{0,200}|#[^\n]{0,200})?$"),
        "opens or closes a block": re.compile(r"\{\s*$|^[\s)\]}>,;]+$"),
        "opens a bracket": re.compile(r"[\w\])=:,(\[]\s?[(\[]\s*$"),
        "goes on in the next line": re.compile(r"\s\\$"),
        "ends in an arrow": re.compile(r"[=-]>\s*$"),
        "a string in a list": re.compile(r"[\"'`]\s*[)\]}]{0,4}[,;]\s*$"),
    }
)
"""Signs at the end of a line."""

ANYWHERE: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "a comparison": re.compile(r"[=!]==?(?!=)|[\w)\]] && |\|\|"),
        "an assignment": re.compile(r" (?:[+\-*/|&^%.]|<<|>>|\*\*|//|:|\?\?)= | <- |:=|\b[a-z_]\w{0,40}+=[\"'(\[]"),
        "an arrow": re.compile(rf"\)\s?=>|=>\s?[({{{_P}]|\w->\w|\)\s?->|-->|\|>|->\s?\|"),
        "a path of names": re.compile(r"\w::|::\w"),
        "a shell's or a template's mark": re.compile(r"[$#%@!&*~]\{|[$#%@]\ue000|\{[%#$!/@:>.^&]|[%#$]\}|\$\(|\$\{|<%|%>|<\?|\?>"),
        "an interpolation": re.compile(r"%\(\w{1,40}\)[sdrf]|\\\([a-z]"),
        "other braces": re.compile(r"\{(?![\"'{0-9])(?<!\{\{)|\{[0-9]{0,3}\}(?!\})|(?<!\{)\{[0-9]{1,3}[:!]"),
        "a string with a prefix": re.compile(r"(?<![\w\"'])(?:[fFrRbBuU]{1,2}|[$@]{1,2}|s|c|L|q|qq|fmt|raw)[\"](?=\S)"
        r"|(?<![\w\"'])(?:[fFrRbBuU]{1,2}|q|qq)'(?=\S)"),
        "a string that is computed with": re.compile(
            r"[\"']\s?\+\s?[\w(\"']|[\w)]\s?\+\s?[\"']|[\"'] % [\w(]|[\"']\.[a-z]\w{0,30}+\(|[\w\])]\s?\.\s?[\"'$]"
        ),
        "a macro": re.compile(r"(?<!\w)\w{2,30}+!\("),
        "an import": re.compile(rf"\bimport\s(?:type\s)?{_P}\sfrom\s?[\"']"),
        "a query": re.compile(r"\bSELECT\s[^\n]{1,100}?\sFROM\s|\bINSERT INTO\s|\bDELETE FROM\s|\bUPDATE\s\S{1,60}\sSET\s"),
        "a word for braces": re.compile(rf"(?:placeholders?|f-strings?|(?<!\w)braces)(?: like| such as| called)? \"?{_P}"),
        "a decorator": re.compile(r"(?:^|\s)@[A-Za-z][\w.]{0,40}+\("),
        "a call that is a statement": re.compile(r"\);|\)\)\s*[,;{]|\}\)|\(\{|\(\)\s?[.;{:]|\)\s?\ue000\s*$"),
        "several statements": re.compile(r";\s?[a-z_$.]\w{0,30}+[\s.(=:;}]\s?[^a-z\s,]|; \S{0,60};"),
        "a command of TeX": re.compile(rf"\\[A-Za-z]{{2,30}}\*?\s?[{{\[{_P}]|^\s*\\[A-Za-z]{{2,30}}"),
        "a generic type": re.compile(r"\w<\w{1,30}[>,]|\w\[\](?!\w)"),
        "a pipe": re.compile(
            r" ::: |\|\s?(?:x?args|grep|sort|uniq|awk|sed|head|tail|wc|jq|cut|tr|tee|less|more|cat|xargs|bash|sh|python3?"
            r"|[A-Z][a-z]+-[A-Z][a-z]+)\b|2>&1|/dev/null|<<-?['\"]?[A-Z]{2,}"
        ),
        "a command with options": re.compile(
            r"(?:^|[\s`$(|\"'])(?:awk|gawk|sed|jq|xargs|find|curl|wget|git|docker|kubectl|helm|pip3?|npm|npx|yarn|pnpm|tar"
            r"|ssh|scp|rsync|grep|egrep|rg|chmod|chown|mkdir|rm|cp|mv|ls|cat|ln|perl|ruby|node|python3?|bash|sh|make|cargo"
            r"|conda|brew|apt|apt-get|psql|mysql|aws|gcloud|az|terraform|ansible|systemctl|ffmpeg|convert|parallel|sudo|dd"
            r"|export|printf|echo) (?:--?[A-Za-z]|[\"'$./~*<]|[A-Za-z][\w+.]*@)"
        ),
        "an escape of a regular expression": re.compile(r"\\[dwsbDWSB](?:[+*?{\])\\]|$)|\(\?[P:<=!]|\[\^|\[[a-z0-9]-[a-z0-9]"),
        "a path": re.compile(r"(?:^|[\s(\"'])[\w./:~\-]{0,60}+/\ue000|\ue000/\w|\w\ue000\.[a-z]{2,4}\b|://\S{0,100}\ue000"),
    }
)
"""Signs wherever they stand in a line."""

STARTS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "a comment": re.compile(r":::|//|/\*|\*/|\* @|\* \{|<!--|#!|#\[|--\[|;;|\"\"\"[A-Za-z]|#\|"),
        "a prompt": re.compile(r">>>|\.\.\. |\$ [a-z./]|In \[\d*\]:|Out\[\d*\]:|@@ |PS [A-Z]:|%%?[a-z]|![a-z]\w*\s|C:\\"),
        "a preprocessor's line": re.compile(r"#\s?(?:include|define|if|ifdef|ifndef|endif|pragma|undef|import)\b"),
        "an assignment": re.compile(rf"{_DECLARED}{_TARGET}(?:\s?:\s?[\w.\[\], |<>?]{{1,40}}+)?\s*(?:\*\*|//|>>|<<|\?\?|[+\-*/|&^%?:.!])?=(?![=>~])"),
        "an import": re.compile(
            rf"(?:import|export)\s(?:type\s)?(?:\*|{_P}|\w+,)[^\n]{{0,80}}?(?:from\s?[\"']|;)|import\s+[\w.]+(?:\s+as\s+\w+)?\s*(?:,|;|$)"
            r"|import\s+(?:static\s|qualified\s|\(|\"|')|from\s+[\w.]+\s+import\b|use\s+[\w:\\]+(?:;|::)|using\s+[\w.]+\s?[;=]"
            r"|require(?:_once|_relative)?\s?[(\"']|package\s+[\w.]+;?$|library\(|export\s+default\b|export\s+(?:const|function|class)\b"
        ),
        "a definition": re.compile(
            r"(?:async\s+)?(?:def|function|fn|func|fun|sub|proc|defp|defmodule|defn|macro|proto)\s[\w.!?]+\s?[(\[{<:]"
            r"|(?:pub(?:\([a-z]+\))?|public|private|protected|internal|static|export|abstract|final|sealed|unsafe|extern|open|override|virtual|async|inline|constexpr|partial)\s+"
            r"(?:class|static|void|int|long|double|float|bool|boolean|char|String|string|fn|struct|enum|async|function|const|let|final|interface|type|trait|mod|use|fun|val|var|record|abstract|override|virtual|readonly|def|\w+\s\w+\s?\()"
            r"|class\s+[A-Z]\w*\s?(?:[:({<]|extends\b|implements\b|$)|(?:function|fn|func)\s?\("
        ),
        "a block": re.compile(
            rf"(?:struct|enum|union|trait|impl|namespace|interface|contract|digraph|subgraph|resource|variable|provider|locals|service|query|mutation|subscription|pipeline|agent)(?:\s+[\w\"<>:$()!]+){{0,3}}\s*(?:\{{|{_P})\s*$"
            rf"|(?:class|type|module|message|record|object|output|data|package)(?:\s+[A-Z\"][\w\"<>]*){{1,3}}\s*(?:\{{|{_P})"
            rf"|fragment\s+\w+\s+on\s|(?:query|mutation|subscription|fragment)\s+\w+\s?[({{]|(?:BEGIN|END)\s*[{{{_P}]|(?:else|do|try|finally)\s*(?:\{{|{_P}\s*$|:$)|try\s*{_P}\s*catch"
        ),
        "a control structure": re.compile(
            r"\}?\s?(?:if|while|for|foreach|switch|catch|elif|elsif|else if|elseif|unless|until|when|guard let|guard|repeat|synchronized|using|lock)\s?\("
            r"|(?:if|while|elif|else if|except|with)\s[^.?!\n]{1,120}:\s*$|(?:async\s+)?for\s+\w+(?:,\s?\w+)*\s+in\s[^.?!\n]{1,120}(?::|\bdo\b|\{)\s*|(?:else|try|finally|do|then|fi|done|esac|end|begin)\s*:?;?\s*$"
            rf"|case\s[^\n]{{1,60}}:\s*{_P}?|if\s+(?:\[\[?|let\s|!|err\b|__name__)|for\s+(?:%%|_?,?\s?\w+\s?:=|\w+\s+in\s+[$({{])|while\s+(?:\[|read\b|true\b)|match\s+\w+\s*\{{|except\b[^\n]{{0,60}}:\s*$|when\s+\w+\s?->|guard\s+let\b|throw\s+new\b|defer\b\s\w"
        ),
        "a statement": re.compile(
            rf"(?:return|yield|await|assert|raise|throw|delete|typeof|new|del|lambda|echo|puts|print|printf|say|emit|source|local|export|goto|break|continue|pass|fallthrough)\s*(?:[;\"'\[({{`$&*\\]|$|[\w.]+\s?[({{]|-\w)"
            rf"|(?:return|yield|await|assert|raise|throw|del|echo|puts|source|local)\s+{_P}\s*[;,.)]*\s*$"
            rf"|return\s+[\w.{_P}]+(?:\s?,\s?[\w.{_P}]+)*\s*$(?<![.?!])|lambda\b[^\n]{{0,40}}:|await\s+\w+[.(]|(?:raise|throw)\s+\w+[.(]|console\.|System\.|fmt\.|logg?(?:er|ing)?\.|self\.|this\.|std::"
        ),
        "a call": re.compile(r"[A-Za-z_$][\w$.:]{0,60}+!?\((?:[^()\n]|\([^()\n]{0,100}\)){0,400}\)\s*[;,:{]?\s*$"),
        "a method's block": re.compile(rf"[\w$]+(?:\.\w+)+\s?{_P}|set\s+\w+\s+{_P}\s*$"),
        "a query": re.compile(
            r"(?:SELECT|FROM|WHERE|AND|OR|SET|(?:LEFT |RIGHT |INNER |OUTER |FULL |CROSS )?JOIN|ORDER BY|GROUP BY|HAVING|LIMIT|VALUES|INSERT INTO|UPDATE|DELETE FROM|WITH|UNION|TRUNCATE|GRANT|EXEC|DECLARE|RETURNING)\s+[\w*(?\"`@\[:.,\ue000']"
            r"|(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:TEMP\w*\s+)?(?:TABLE|INDEX|VIEW|DATABASE|FUNCTION|TYPE|USER|ROLE|SCHEMA|TRIGGER)|(?:MATCH|MERGE)\s*\("
            r"|select\s+(?:\*|[\w.]+(?:,\s?[\w.]+)+|\ue000)\s+from\s|(?:insert into|delete from)\s+\S+\s*(?:\(|values|where)|update\s+\S+\s+set\s|select\s[^\n?!]{1,100}\sfrom\s[^\n?!]{1,60}\s(?:where|join|limit|order by|group by|having)\s|select\s+\w+(?:,\s\w+)+$"
        ),
        "a line of a Dockerfile": re.compile(r"(?:FROM|RUN|COPY|ADD|ENV|CMD|ENTRYPOINT|WORKDIR|EXPOSE|ARG|LABEL|VOLUME|USER)\s+[\w\[./$@\"\ue000]+"),
        "a request": re.compile(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+(?:/|https?:|\ue000|\{)|HTTP/\d|(?:Content-Type|Authorization|Accept|Host|User-Agent|Cookie)\s?:"),
        "an entry": re.compile(r"[\"'][\w .$@/:\-]{1,60}[\"']\s?:|msg(?:id|str|ctxt)\b|[a-z_][\w\-]{0,40}+:\s*(?:[|>][\-+]?\s*$|[\[{][^\n]*$)|-\s[a-z_][\w\-]{0,40}+:\s"),
        "a rule of a style": re.compile(r"[.#&]?[\w\-]+(?:[.:#]{1,2}[\w\-()]+)*\s*\{|@(?:media|include|mixin|import|extend|use|if|else|return|font-face|keyframes)\b|--[\w\-]+:|(?:color|margin|padding|width|height|display|font|background|border)[\w\-]*:\s?[\w#\ue000]+"),
        "a command": re.compile(
            r"(?:sudo|cp|mv|rm|mkdir|curl|wget|git|docker|kubectl|pip3?|npm|npx|yarn|chmod|chown|ssh|scp|rsync|tar|apt-get|brew|conda|psql|python3?|cargo|xargs|awk|sed|grep|cd|ls|nnoremap|inoremap|cat|make -\w|source|aws|gcloud|terraform|helm|jq)\s+[^\s,.?!][^?!]{0,200}$(?<![.:])"
            r"|set -[a-z]|for\s+\w+\s+in\s|while\s+read\b|[A-Z][a-z]+-[A-Z][A-Za-z]+\s"
        ),
        "a list of Lisp": re.compile(r"\((?:format|def\w*|setq|lambda|print\w*|princ|ns|use-package|add-hook|define)\s"),
        "a command with an option": re.compile(r"[a-z][\w.\-/]{0,30}+\s--?[A-Za-z][\w\-]*(?:[\s=]|$)"),
        "a file that is run": re.compile(r"(?:\.{1,2}|~|/(?:usr|bin|etc|home|opt|var|tmp))/[\w./\-]"),
        "a setting": re.compile(r"[a-z]+[-_][a-z_\-]+\s+[\"'][^\"']*[\"']$|(?:include|require|load|use|import)\s+[\"'][^\"']*[\"']$"),
        "a table of times": re.compile(r"[\d*/,\-]+(?: [\d*/,\-]+){4}\s"),
    }
)
"""Signs at the beginning of a line, or of what it quotes or says after a colon."""

BEFORE: Final = re.compile(
    rf"(?:\\[A-Za-z]{{1,30}}\*?\s?|\w\([^()\n]{{0,60}}\)\s|[∪∩∈∉⊂⊆⊃⊇×∖∅∧∨→↦]\s?|\\\s|\s--?[A-Za-z][\w\-]{{0,30}}[\s=]|\b(?:const|var|struct|enum|impl|namespace|import type|export default|f-strings?|fstrings?|placeholders?(?: like| such as| called)?|xargs -I)\s|\.(?:map|filter|each|forEach|then|collect)\s)$"
)
"""What may not stand directly before a value."""

AFTER: Final = re.compile(
    r"\s?(?:=(?![=>])|:=|\+=|->|<-|\?\.|&&|\|\||[∪∩∈∉⊂⊆⊃⊇×∖∧∨↦])|\sin (?:an? )?f-string|\splaceholders?\b|\s=\s[\w\"'({\[]"
)
"""What may not stand directly behind a value."""

TAG: Final = re.compile(r"</?([A-Za-z][\w.:\-]{0,40})((?:\s[^<>\n]{0,200})?)/?>|<>|</>|<[A-Za-z][\w.\-]*\s*$|^\s*/?>\s*$")
"""A tag of HTML, XML or JSX."""

HTML: Final = frozenset(
    """a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code col
    colgroup datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
    head header hr html i iframe img ins kbd label legend li link main map mark menu meta meter nav noscript object ol
    optgroup option p param picture pre progress q rp rt ruby s samp script section select slot small span strong
    style sub sup svg table tbody td template textarea tfoot th thead time title tr track u ul var video wbr g path rect
    circle line polyline polygon defs use filter mask""".split()
)
"""The elements of HTML, and of SVG, that have no other meaning in a prompt."""

_SEGMENT: Final = re.compile(r":\s+|[\"“„«'‘(]")
_MOST_SEGMENTS: Final = 12
_ENTRY: Final = re.compile(r"(?:-\s+)?[a-z_][\w\-]{0,40}:\s+([\"'])(.{1,400})\1(,?)$")


def sign_of(line: str, *, in_list: bool = False) -> str:
    """By what a line is known as code: the name of a sign; empty where it has none.

    Args:
        line: The line, without what leads it.
        in_list: Whether it is an item of a list, which may end in a semicolon.
    """
    if not line or _is_word(line):
        return ""
    for name, pattern in ENDS.items():
        if pattern.search(line) and not (in_list and line.endswith(";")):
            return name
    if line.count("}") > line.count("{"):
        return "opens or closes a block"
    for name, pattern in ANYWHERE.items():
        if pattern.search(line):
            return name
    return _at_start(line) or _tag(line) or _template(line)


def _is_word(line: str) -> bool:
    return line == PLACE or line.isalpha() or not line.strip("=-*_#~+.<>")


def _at_start(line: str) -> str:
    starts = [0]
    for found in _SEGMENT.finditer(line):
        starts.append(found.end())
        if len(starts) > _MOST_SEGMENTS:
            break
    for start in starts:
        for name, pattern in STARTS.items():
            if pattern.match(line, start):
                return name
    entry = _ENTRY.match(line)
    return "an entry" if entry and (entry[3] or entry[2] != PLACE) else ""


def _tag(line: str) -> str:
    """Tags of HTML, XML and JSX are code; a simple ``<document>`` around a text is not."""
    last = None
    for found in TAG.finditer(line):
        name, rest = found[1], found[2]
        plain = name is not None and name.isidentifier() and name.islower() and not rest
        if not plain or name in HTML or found[0].endswith("/>"):
            return "a tag"
        if last is not None and last.end() == found.start() and not found[0].startswith("</"):
            return "a tag"
        last = found
    return ""


def _template(line: str) -> str:
    """Several values and nothing but signs between them, as formats of logs and files have."""
    if line.count(PLACE) < 2 or line.startswith("|") or any(map(str.isalnum, line.replace(PLACE, ""))):
        return ""
    return "a template" if re.search(rf"[-:=\[\]<>/\\|#@$^~_]|{PLACE},{PLACE}", line) else ""
