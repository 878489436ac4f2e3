"""What rendering an answer costs, against rendering it once with the libraries alone.

Run it as ``python -m tests.benchmarks.markup_cost``. The times are CPU times of this process, the best of a few runs,
so another program beside it does little harm. It ends with 1 when a limit does not hold.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import nh3
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from notebook_chat.markup import STYLE, Document, render, render_body

from ..markup.baits import BAITS

STREAMED_LIMIT = 4.0
"""How many times the cost of rendering once with the libraries alone an answer may cost in pieces of 5 characters."""
HOSTILE_LIMIT = 10.0
"""How many times an ordinary answer of its size a hostile one may cost."""
DENSE_LIMIT = 2.0
"""Text that is nothing but marks of blocks, ten thousand headings in 20 KB, takes the parser alone about ten times as
long as an ordinary answer. It may cost so many times what it costs with the libraries alone, once."""
LINEAR_LIMIT = 1.3
"""How much more a character may cost in an answer of 100 KB than in one of 20 KB."""

_WORDS = [
    "the",
    "value",
    "of",
    "a",
    "function",
    "is",
    "what",
    "it",
    "gives",
    "back",
    "when",
    "it",
    "has",
    "been",
    "called",
    "with",
    "these",
    "arguments",
    "and",
    "nothing",
    "else",
    "model",
    "column",
    "index",
    "frame",
    "reading",
    "measurement",
    "result",
    "series",
    "error",
    "network",
    "request",
    "answer",
    "token",
    "stream",
    "cell",
    "notebook",
    "kernel",
    "output",
    "which",
    "returns",
    "takes",
    "writes",
    "because",
    "when",
    "before",
    "after",
    "every",
    "only",
    "first",
    "last",
    "new",
]


def ordinary(size: int, seed: int = 1) -> str:
    """An answer as models write them, of about *size* characters, in which nothing is said twice."""
    chance = random.Random(seed)
    parts: list[str] = []
    length = 0
    for part in _parts(chance):
        parts.append(part)
        length += len(part) + 2
        if length >= size:
            return "\n\n".join(parts)
    raise AssertionError("the parts never end")


def _parts(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"## {_words(chance, 4).capitalize()}"
        yield _sentence(chance)
        yield _sentence(chance)
        yield "\n".join(f"- **{_words(chance, 2)}**: {_words(chance, 12)}" for _ in range(4))
        yield f"```python\n{_code(chance)}\n```"
        yield f"The cost is $O(n^{chance.randrange(9)} \\log n)$, or \\(x_{{{chance.randrange(99)}}} \\le 1\\)."
        rows = "\n".join(
            f"| `{_name(chance)}` | {_words(chance, 5)} | {chance.random():.3f} |" for _ in range(3)
        )
        yield f"| name | meaning | value |\n|------|---------|------:|\n{rows}"


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(count))


def _name(chance: random.Random) -> str:
    return f"{chance.choice(_WORDS)}_{chance.randrange(1000)}"


def _sentence(chance: random.Random) -> str:
    link = f"[{_words(chance, 2)}](https://example.org/{_name(chance)})"
    return (
        f"{_words(chance, 18).capitalize()} `{_name(chance)}` {_words(chance, 10)}, *{_words(chance, 2)}* and {link} "
        f"{_words(chance, 15)}. {_words(chance, 20).capitalize()}."
    )


def _code(chance: random.Random) -> str:
    return "\n".join(
        f'def {_name(chance)}({_name(chance)}: int) -> str:\n    """{_words(chance, 8)}"""\n'
        f'    {_name(chance)} = {_name(chance)}["{_name(chance)}"] + {chance.randrange(1000)}  # {_words(chance, 3)}\n'
        f"    return {_name(chance)}.{_name(chance)}()\n"
        for _ in range(2)
    )


def alone(source: str) -> str:
    """The answer rendered once with markdown-it-py, Pygments and nh3, and nothing else."""

    def color(code: str, name: str, _attributes: str) -> str:
        return highlight(code, get_lexer_by_name(name or "text"), HtmlFormatter(nowrap=True))

    md = MarkdownIt("js-default", {"html": False, "highlight": color})
    return nh3.clean(md.render(source), attributes={"a": {"href"}, "span": {"class"}})


def streamed(
    source: str, chunk: int = 5, chunks_per_second: float = 400, bytes_per_second: float = 40_000
) -> int:
    """Feeds the answer as it would come, and asks for its HTML as a cell's renderer does.

    Returns:
        How often it was asked for.
    """
    document = Document()
    due = asked = 0.0
    for count, start in enumerate(range(0, len(source), chunk)):
        document.feed(source[start : start + chunk])
        if count / chunks_per_second >= due:
            due = count / chunks_per_second + max(0.05, (len(document.html()) + 900) / bytes_per_second)
            asked += 1
    document.finish()
    return int(asked)


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """The CPU time of the work, the best of some runs."""
    times: list[float] = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def import_seconds() -> float:
    """The time that importing the package adds to an interpreter's start, wall clock."""
    program = (
        "import time; t = time.perf_counter(); import notebook_chat.markup; print(time.perf_counter() - t)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in "abc"
    ]
    return min(float(run.stdout) for run in runs)


def worst_bait(size: int, usual: dict[str, float]) -> tuple[float, str]:
    """How near the worst bait comes to its limit, 1.0 being the limit, and which it is."""
    worst = (0.0, "")
    for name, bait in BAITS:
        text = (bait * size)[:size]
        for kind, work in (("once", render_body), ("in pieces", streamed)):
            cost = seconds(lambda text=text, work=work: work(text), 1)
            limit = HOSTILE_LIMIT * usual[kind]
            if cost > limit:
                limit = max(limit, DENSE_LIMIT * seconds(lambda text=text: alone(text)))
                cost = seconds(lambda text=text, work=work: work(text))
            worst = max(
                worst, (cost / limit, f"{name!r} {kind}: {cost / usual[kind]:.1f} times an ordinary answer")
            )
    return worst


def _size(source: str) -> str:
    html = render(source)
    return f"{len(html):,} bytes for {len(source):,} ({len(html) / len(source):.1f} times)"


def main() -> int:
    """Print the figures; 1 when a limit does not hold."""
    source, long = ordinary(20_000), ordinary(100_000)
    alone(source)  # everything is imported and compiled
    libraries = seconds(lambda: alone(source), 5)
    usual = {
        "once": seconds(lambda: render_body(source), 5),
        "in pieces": seconds(lambda: streamed(source), 5),
    }
    growth = seconds(lambda: streamed(long)) / len(long) / (usual["in pieces"] / len(source))
    print(f"an ordinary answer of {len(source):,} characters")
    print(f"  the libraries alone, once   {libraries * 1000:8.1f} ms")
    for kind, cost in usual.items():
        print(f"  this package, {kind:9}     {cost * 1000:8.1f} ms   {cost / libraries:5.2f} times")
    print(f"  asked for its HTML {streamed(source)} times on the way")
    print(f"  a character of 100 KB costs {growth:.2f} times one of 20 KB, in pieces")
    nearness, worst = worst_bait(len(source), usual)
    print(f"  the worst bait is {worst}; {nearness:.2f} of its limit")
    print(f"  importing the package {import_seconds() * 1000:.0f} ms, its style {len(STYLE):,} bytes")
    print(
        "  what an output holds, HTML with its style: "
        + ", ".join(map(_size, (source, ordinary(1000), "Hello!")))
    )
    good = usual["in pieces"] <= STREAMED_LIMIT * libraries and nearness <= 1 and growth <= LINEAR_LIMIT
    print("all limits hold" if good else "A LIMIT DOES NOT HOLD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
