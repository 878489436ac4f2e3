r"""By what a line is known as code. Each sign has a name, so that a judgement can be explained.

The signs look at a line in which every ``{name}`` is one character, ``PLACE``, and every piece of marked code another,
``SPAN``. How far a sign looks is bounded, so that a line costs what it weighs.
"""

from __future__ import annotations

import re
from typing import Final

PLACE: Final = "\ue000"
SPAN: Final = "\ue001"

_P: Final = PLACE
_W: Final = r"\w{1,40}+"
_SHELL: Final = (
    r"g?awk|sed|jq|xargs|curl|wget|git|docker|kubectl|helm|pip3?|npm|npx|yarn|pnpm|tar|ssh|scp|rsync|e?grep|chmod|chown"
    r"|mkdir|rm|cp|mv|ls|cargo|conda|brew|apt-get|psql|mysql|aws|gcloud|terraform|sudo"
)


def _signs(*signs: tuple[str, *tuple[str, ...]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Signs from their names and the forms that each has."""
    return tuple((name, re.compile("|".join(forms))) for name, *forms in signs)


ENDS: Final = _signs(
    ("ends a statement", r";\s{0,9}(?:(?://|#)[^\n]{0,200})?$"),
    ("opens or closes a block", r"\{\s{0,9}$", r"^[\s)\]}>,;]{1,40}$"),
    ("opens a bracket", r"[\w\])=:,(\[]\s?[(\[]\s{0,9}$"),
    ("goes on in the next line", r"\s\\$"),
    ("ends in an arrow", r"[=-]>\s{0,9}$"),
    ("a string in a list", r"[\"'`]\s?[)\]}]{0,4}[,;]\s{0,9}$"),
    (
        "a string that goes on",
        r"^\"[^\"\n]{1,300} \"$|^'[^'\n]{1,300} '$|^\" [^\"\n]{1,300}\"$|^' [^'\n]{1,300}'$",
    ),
)
"""Signs at the end of a line."""

ANYWHERE: Final = _signs(
    ("a comparison", r"[=!]==?(?!=)", r"[\w)\]] && ", r"\|\|"),
    (
        "an assignment",
        r" (?:[+\-*/|&^%.]|<<|>>|\*\*|//|:|\?\?)= ",
        r" <- |:=",
        r"\b[a-z_]\w{0,40}+=[\"'(\[]",
    ),
    ("an arrow", r"\)\s?=>", rf"=>\s?[({{[{_P}]", r"\w->\w", r"\)\s?->", r"-->|\|>|->\s?\|"),
    ("a comment", r"/\*|\*/"),
    ("a path of names", r"\w::|::\w"),
    (
        "a shell's or a template's mark",
        rf"[$#%@!&*~]\{{|[$#%@]{_P}",
        r"\{[%#$!/@:>.^&]|[%#$]\}",
        r"\$\(|<%|%>|<\?|\?>",
    ),
    ("an interpolation", r"%\(\w{1,40}\)[sdrf]", r"\\\([a-z]"),
    ("other braces", r"\{(?![\"'{0-9])(?<!\{\{)", r"\{[0-9]{0,3}\}(?!\})", r"(?<!\{)\{[0-9]{1,3}[:!]"),
    (
        "a string with a prefix",
        r"(?<![\w\"'])(?:[fFrRbBuU]{1,2}|[$@]{1,2}|s|c|L|q|qq|fmt|raw)\"(?=\S)",
        r"(?<![\w\"'])(?:[fFrRbBuU]{1,2}|q|qq)'(?=\S)",
        r"(?<![\w\"'])[rR]?[fF][rR]?[\"'](?=\s{1,40}\S)",
    ),
    (
        "a string that is computed with",
        r"[\"']\s?\+\s?[\w(\"']|[\w)]\s?\+\s?[\"']",
        r"[\"'] % [\w(]",
        r"[\"']\.[a-z]\w{0,30}+\(|[\w\])]\s?\.\s?[\"'$]",
    ),
    ("a macro", r"(?<!\w)\w{2,30}+!\("),
    (
        "an import",
        rf"\bimport\s(?:type\s)?{_P}\sfrom\s?[\"']",
    ),
    (
        "a query",
        r"\bSELECT\s[^\n]{1,100}?\sFROM\s",
        r"\bINSERT INTO\s|\bDELETE FROM\s|\bUPDATE\s\S{1,60}\sSET\s",
    ),
    (
        "a word for braces",
        rf"(?:placeholders?|f-strings?|(?<!\w)braces)(?: like| such as| called)? \"?{_P}",
        rf"(?:^|[,\"'] )where {_P} (?:is|are) (?:an?|the|always|either)\b",
    ),
    (
        "a note on a parameter",
        rf"@[A-Za-z]\w{{1,30}}+ {_P}|^{SPAN}:? {_P}",
        rf"@(?:param|arg|argument|prop|property) \S{{1,40}} {_P}",
    ),
    ("a decorator", r"(?:^|\s)@[A-Za-z][\w.]{0,40}+\("),
    ("a call that is a statement", r"\);|\)\)\s?[,;{]|\}\)|\(\{|\(\)\s?[.;{:]", rf"\)\s?{_P}\s{{0,9}}$"),
    ("several statements", r";\s?[a-z_$.]\w{0,30}+(?:\s?[=+*/<>&|;}]|[.(\[]\S)", r"; \S{0,60};"),
    ("a command of TeX", rf"\\[A-Za-z]{{2,30}}\*?\s?[{{\[{_P}]", r"^\s{0,9}\\[A-Za-z]{2,30}"),
    ("a generic type", r"\w<\w{1,30}[>,]", r"\w\[\](?!\w)"),
    (
        "a pipe",
        r" ::: |2>&1|/dev/null|<<-?['\"]?[A-Z]{2,9}",
        r"\|\s?(?:xargs|grep|sort|uniq|awk|sed|head|tail|wc|jq|cut|tr|tee|less|more|cat|bash|sh|python3?)\b",
        r"\|\s?[A-Z][a-z]{1,20}-[A-Z][a-z]",
    ),
    (
        "a command with options",
        rf"(?:^|[\s`$(|\"'])(?:{_SHELL}|find|node|ruby|perl|python3?|bash|sh|make|cat|ln|rg|apt|az|ansible|systemctl"
        r"|ffmpeg|convert|parallel|dd|export|printf|echo) (?:--?[A-Za-z]|[\"'$./~*<]|[A-Za-z][\w+.]{0,40}@)",
    ),
    (
        "an escape of a regular expression",
        r"\\[dwsbDWSB](?:[+*?{\])\\]|$)",
        r"\(\?[P:<=!]|\[\^|\[[a-z0-9]-[a-z0-9]",
    ),
)
"""Signs wherever they stand in a line."""

_DECLARED: Final = (
    r"(?:(?:const|let|var|val|int|long|short|float|double|char|bool|boolean|auto|static|final|private|public|protected"
    r"|local|my|our|export|set|unset|declare|readonly|unsigned|size_t|string|String|def|type|data|newtype|Dim|global"
    r"|mut|pub|extern|inline|constexpr)\s){0,4}+"
)
_TARGET: Final = r"[$@%&*_A-Za-z][\w$:.\-]{0,60}+(?:\(\)|\[[^\]\n]{0,40}\]|\{[^}\n]{0,40}\}){0,3}+"
_TYPE: Final = r"(?:\s?:\s?[\w.\[\], |<>?]{1,40}+)?\s{0,9}"
_MODIFIER: Final = (
    r"(?:pub(?:\([a-z]{1,9}\))?|public|private|protected|internal|static|export|abstract|final|sealed|unsafe|extern|open"
    r"|override|virtual|async|inline|constexpr|partial)\s+"
)
_DECLARATION: Final = (
    r"(?:class|static|void|int|long|double|float|bool|boolean|char|String|string|fn|struct|enum|async|function|const|let"
    rf"|final|interface|type|trait|mod|use|fun|val|var|record|abstract|override|virtual|readonly|def|{_W}\s{_W}\s?\()"
)
_BLOCK: Final = (
    r"(?:struct|enum|union|trait|impl|namespace|interface|contract|digraph|subgraph|resource|variable|provider|locals"
    r"|service|query|mutation|subscription|pipeline|agent)"
)
_CONDITION: Final = r"\s[^.?!\n]{1,120}"

STARTS: Final = _signs(
    ("a comment", r":::|//|/\*|\*/|\* @|\* \{|<!--|#!|#\[|--\[|;;|\"\"\"[A-Za-z]|#\|"),
    (
        "a prompt",
        r">>>|\.\.\. |\$ [a-z./]|In \[\d{0,9}\]:|Out\[\d{0,9}\]:|@@ |PS [A-Z]:|%%?[a-z]|![a-z]\w{0,30}\s|C:\\",
    ),
    ("a preprocessor's line", r"#\s?(?:include|define|if|ifdef|ifndef|endif|pragma|undef|import)\b"),
    (
        "an assignment",
        rf"{_DECLARED}{_TARGET}{_TYPE}(?:\*\*|//|>>|<<|\?\?|[+\-*/|&^%?:.!])?=(?![=>~])",
        rf"{_DECLARED}{_P}\s?=(?![=>~])|(?:const|let|var|val)\s\[|\w[_^]{_P}\s?=",
        r"[a-z]\w{0,30}+(?: [a-z]\w{0,30}){1,3} = \w{1,30} [\[(]",
    ),
    (
        "an import",
        rf"(?:import|export)\s(?:type\s)?(?:\*|{_P}|\w{{1,40}},)[^\n]{{0,80}}?(?:from\s?[\"']|;)",
        r"import\s[\w.]{1,60}+(?:\sas\s\w{1,40})?\s?(?:,|;|$)",
        r"import\s(?:static\s|qualified\s|\(|\"|')|from\s[\w.\ue000]{1,60}\simport\b",
        r"use\s[\w:\\]{1,60}+(?:;|::)|using\s[\w.]{1,60}+\s?[;=]|require(?:_once|_relative)?\s?[(\"']",
        r"package\s[\w.]{1,60}+;?$|library\(|export\s(?:default|const|function|class)\b",
    ),
    (
        "a definition",
        r"(?:async\s)?(?:def|function|fn|func|fun|sub|proc|defp|defmodule|defn|macro|proto)\s[\w.!?]{1,60}\s?[(\[{<:]",
        _MODIFIER + _DECLARATION,
        r"class\s[A-Z]\w{0,60}\s?(?:[:({<]|extends\b|implements\b|$)|(?:function|fn|func)\s?\(",
    ),
    (
        "a block",
        rf"{_BLOCK}(?:\s[\w\"<>:$()!]{{1,60}}){{0,3}}\s?(?:\{{|{_P})\s{{0,9}}$",
        rf"(?:class|type|module|message|record|object|output|data|package)(?:\s[A-Z\"][\w\"<>]{{0,60}}){{1,3}}\s?(?:\{{|{_P})",
        rf"fragment\s{_W}\son\s|(?:query|mutation|subscription)\s{_W}\s?[({{]",
        rf"(?:BEGIN|END)\s?[{{{_P}]|(?:else|do|try|finally)\s?(?:\{{|{_P}\s?$|:$)|try\s?{_P}\s?catch",
    ),
    (
        "a control structure",
        r"\}?\s?(?:if|while|for|foreach|switch|catch|elif|elsif|else if|elseif|unless|until|when|guard|repeat"
        r"|synchronized|using|lock)\s?\(",
        rf"(?:if|while|elif|else if|except|with){_CONDITION}:\s{{0,9}}$|except\b[^\n]{{0,60}}:\s{{0,9}}$",
        rf"(?:async\s)?for\s{_W}(?:,\s?{_W}){{0,4}}\sin{_CONDITION}(?::|\bdo\b|\{{)",
        r"(?:else|try|finally|do|then|fi|done|esac|end|begin)\s?:?;?\s{0,9}$",
        rf"case\s[^\n]{{1,60}}:\s?{_P}?|match\s{_W}\s?\{{|when\s{_W}\s?->|guard\slet\b|throw\snew\b|defer\b\s\w",
        r"if\s(?:\[\[?|let\s|!|err\b|__name__)|while\s(?:\[|read\b|true\b)",
        rf"for\s(?:%%|_?,?\s?{_W}\s?:=|{_W}\sin\s)",
    ),
    (
        "a statement",
        r"(?:return|yield|await|assert|raise|throw|delete|typeof|new|del|lambda|echo|puts|print|printf|say|emit|source"
        r"|local|export|goto|break|continue|pass|fallthrough)\s{0,9}(?:[;\"'\[({`$&*\\]|$|[\w.]{1,60}\s?[({]|-\w)",
        rf"(?:return|yield|await|assert|raise|throw|del|echo|puts|source|local)\s{_P}\s?[;,.)]{{0,4}}\s{{0,9}}$",
        rf"return\s[\w.{_P}]{{1,60}}(?:\s?,\s?[\w.{_P}]{{1,60}}){{0,9}}\s{{0,9}}$(?<![.?!])",
        rf"lambda\b[^\n]{{0,40}}:|await\s{_W}[.(]|(?:raise|throw)\s{_W}[.(]",
        r"console\.|System\.|fmt\.|logg?(?:er|ing)?\.|self\.|this\.|std::",
    ),
    ("a call", r"[A-Za-z_$][\w$.:]{0,60}+!?\((?:[^()\n]|\([^()\n]{0,100}\)){0,400}+\)\s?[;,:{]?\s{0,9}$"),
    ("a method's block", rf"[\w$]{{1,40}}(?:\.{_W}){{1,6}}\s?{_P}|set\s{_W}\s{_P}\s{{0,9}}$"),
    (
        "a query",
        r"(?:SELECT|FROM|WHERE|AND|OR|SET|(?:(?:LEFT|RIGHT|INNER|OUTER|FULL|CROSS) )?JOIN|ORDER BY|GROUP BY|HAVING"
        r"|LIMIT|VALUES|INSERT INTO|UPDATE|DELETE FROM|WITH|UNION|TRUNCATE|GRANT|EXEC|DECLARE|RETURNING)"
        rf"\s{{1,9}}[\w*(?\"`@\[:.,{_P}']",
        r"(?:CREATE|ALTER|DROP)\s(?:OR\sREPLACE\s)?(?:TEMP\w{0,9}\s)?"
        r"(?:TABLE|INDEX|VIEW|DATABASE|FUNCTION|TYPE|USER|ROLE|SCHEMA|TRIGGER)",
        r"(?:MATCH|MERGE)\s?\(",
        rf"select\s(?:\*|[\w.]{{1,40}}(?:,\s?[\w.]{{1,40}}){{1,20}}|{_P})\sfrom\s",
        r"(?:insert into|delete from)\s\S{1,60}\s?(?:\(|values|where)|update\s\S{1,60}\sset\s",
        r"select\s[^\n?!]{1,100}\sfrom\s[^\n?!]{1,60}\s(?:where|join|limit|order by|group by|having)\s",
        rf"select\s{_W}(?:,\s{_W}){{1,20}}$",
        rf"(?:create|alter|drop|truncate) (?:table|view|index|database) (?:if (?:not )?exists )?{_P}",
    ),
    (
        "a line of a Dockerfile",
        rf"(?:FROM|RUN|COPY|ADD|ENV|CMD|ENTRYPOINT|WORKDIR|EXPOSE|ARG|LABEL|VOLUME|USER)\s[\w\[./$@\"{_P}]",
    ),
    (
        "a request",
        rf"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s(?:/|https?:|{_P}|\{{)|HTTP/\d",
        r"(?:Content-Type|Authorization|Accept|Host|User-Agent|Cookie)\s?:",
    ),
    (
        "an entry",
        r"[\"'][\w .$@/:\-]{1,60}[\"']\s?:|msg(?:id|str|ctxt)\b|-\s[a-z_][\w\-]{0,40}+:\s",
        r"[a-z_][\w\-]{0,40}+:\s{0,9}(?:[|>][\-+]?\s{0,9}$|[\[{])",
    ),
    (
        "a rule of a style",
        r"[.#&]?[\w\-]{1,40}+(?:[.:#]{1,2}[\w\-()]{1,40}){0,6}\s{0,9}\{",
        r"@(?:media|include|mixin|import|extend|use|if|else|return|font-face|keyframes)\b|--[\w\-]{1,40}:",
        rf"(?:color|margin|padding|width|height|display|font|background|border)[\w\-]{{0,20}}:\s?[\w#{_P}]",
    ),
    (
        "a command",
        rf"(?:{_SHELL}|python3?|cd|nnoremap|inoremap|cat|make -\w|source)\s[^\s,.?!][^?!\n]{{0,200}}$(?<![.:])",
        r"set -[a-z]|for\s\w{1,40}\sin\s|while\sread\b|[A-Z][a-z]{1,20}-[A-Z][A-Za-z]{1,30}\s",
    ),
    (
        "a list of Lisp",
        r"\((?:format|def\w{0,20}|setq|lambda|print\w{0,20}|princ|ns|use-package|add-hook|define)\s",
    ),
    (
        "a command with an option",
        rf"{_P}\s--?[a-z]",
        r"[a-z][\w.\-/]{0,30}+\s--?[A-Za-z][\w\-]{0,30}(?:[\s=]|$)",
    ),
    ("a path", rf"[^\s{_P}]{{0,60}}[/=&]{_P}|[a-z]{{2,10}}://"),
    ("a file that is run", r"(?:\.{1,2}|~|/(?:usr|bin|etc|home|opt|var|tmp))/[\w./\-]"),
    (
        "a setting",
        r"[a-z]{1,30}+[-_][a-z_\-]{1,30}\s[\"'][^\"'\n]{0,200}[\"']$",
        r"(?:include|require|load|use|import)\s[\"'][^\"'\n]{0,200}[\"']$",
    ),
    ("a table of times", r"[\d*/,\-]{1,20}(?: [\d*/,\-]{1,20}){4}\s"),
)
"""Signs at the beginning of a line, or of what it quotes or says after a colon."""

BEFORE: Final = re.compile(
    r"(?:\\[A-Za-z]{1,30}\*?\s?|\w\([^()\n]{0,60}\)\s|[∪∩∈∉⊂⊆⊃⊇×∖∅∧∨→↦]\s?|\\\s|\S/\s|\s--?[A-Za-z][\w\-]{0,30}[\s=]"
    r"|\b(?:const|var|struct|enum|impl|namespace|import type|export default|xargs -I)\s"
    r"|\.(?:map|filter|each|forEach|then|collect)\s)$"
)
"""What may not stand directly before a value."""

AFTER: Final = re.compile(
    r"\s--?[A-Za-z][\w\-]{0,30}(?:[\s=]|$)|\s?(?:=(?![=>])|:=|\+=|->|<-|\?\.|&&|\|\||[∪∩∈∉⊂⊆⊃⊇×∖∧∨↦])"
    r"|\sin (?:an? )?f-string|\splaceholders?\b"
)
"""What may not stand directly behind a value."""

TAG: Final = re.compile(
    r"</?([A-Za-z][\w.:\-]{0,40}+)((?:\s[^<>\n]{0,200})?)/?>|<>|</>|<[A-Za-z][\w.\-]{0,40}\s{0,9}$|^\s{0,9}/?>\s{0,9}$"
)
"""A tag of HTML, XML or JSX."""

_ELEMENTS: Final = """
a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code
col colgroup datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer form h1
h2 h3 h4 h5 h6 head header hr html i iframe img ins kbd label legend li link main map mark menu meta meter
nav noscript object ol optgroup option p param picture pre progress q rp rt ruby s samp script section
select slot small span strong style sub sup svg table tbody td template textarea tfoot th thead time title
tr track u ul var video wbr g path rect circle line polyline polygon defs use filter mask
"""

HTML: Final = frozenset(_ELEMENTS.split())
"""The elements of HTML and SVG, but for those whose names people put around a text in a prompt (``<input>``)."""
