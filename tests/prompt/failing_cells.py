"""Cells that fail in the ways in which cells do, with what a model must be told of each."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Failing:
    """A cell that fails.

    Attributes:
        name: What the test is called.
        cell: The cell.
        line: A piece of the line that fails, as it must stand in what is sent.
        kind: What it raises.
        told: What else must be sent: the values that matter, and facts.
        before: The cells that ran before it.
        fixed: What the cell should be.
    """

    name: str
    cell: str
    line: str
    kind: str
    told: tuple[str, ...]
    before: tuple[str, ...] = ()
    fixed: str = "fixed = 1"


PRICES = "import pandas as pd\nprices = pd.DataFrame({'item': ['a', 'b', 'c'], 'price': [1.5, 2.0, 4.25]})"
SALES = (
    "sales = pd.DataFrame({'item_id': pd.Series(['1', '2'], dtype=object), 'sold': [3, 4]})\n"
    "items = pd.DataFrame({'item_id': [1, 2], 'color': ['red', 'blue']})"
)

CASES = (
    Failing(
        "name",
        "total = 0\nprint(totl)",
        "print(totl)",
        "NameError",
        ("'total'",),
        fixed=("total = 0\nprint(total)"),
    ),
    Failing(
        "module that is not imported",
        "a = np.zeros(3)",
        "np.zeros(3)",
        "NameError",
        ("numpy can be imported",),
    ),
    Failing(
        "column",
        "mean = prices['prize'].mean()",
        "prices['prize']",
        "KeyError",
        (
            "prices has no 'prize'; it has 'price'",
            "prices:",
            "pandas ",
        ),
        (PRICES,),
        fixed="mean = prices['price'].mean()",
    ),
    Failing(
        "key",
        "d = {'alpha': 1, 'beta': 2}\nd['Alpha']",
        "d['Alpha']",
        "KeyError",
        ("d has no 'Alpha'; it has 'alpha'",),
    ),
    Failing(
        "key of another type",
        "d = {'1': 'x'}\nn = 1\nd[n]",
        "d[n]",
        "KeyError",
        (
            "n: 1",
            "d is a dict: its keys: '1'",
        ),
    ),
    Failing(
        "attribute of None",
        "found = {}.get('x')\nfound.strip()",
        "found.strip()",
        "AttributeError",
        ("found: None",),
    ),
    Failing(
        "attribute",
        "words = ['b', 'a']\nwords.sorted()",
        "words.sorted()",
        "AttributeError",
        (
            "'sort'",
            "words: ",
        ),
    ),
    Failing(
        "attribute of a table",
        "prices.prise",
        "prices.prise",
        "AttributeError",
        (
            "'price'",
            "prices:",
        ),
        (PRICES,),
    ),
    Failing(
        "text and number",
        "age = 3\n'I am ' + age",
        "'I am ' + age",
        "TypeError",
        ("age: 3",),
        fixed=("age = 3\n'I am ' + str(age)"),
    ),
    Failing(
        "number of arguments",
        "def area(w, h):\n    return w * h\nside = 2\narea(side)",
        "area(side)",
        "TypeError",
        (
            "area: ",
            "side: 2",
        ),
    ),
    Failing(
        "class without its argument",
        "class P:\n    def __init__(self, x):\n        self.x = x\np = P()",
        "p = P()",
        "TypeError",
        ("P: ",),
    ),
    Failing(
        "abstract class",
        "import abc\n"
        "class A(abc.ABC):\n"
        "    @abc.abstractmethod\n"
        "    def go(self): ...\n"
        "class B(A):\n"
        "    pass\n"
        "b = B()",
        "b = B()",
        "TypeError",
        ("go",),
    ),
    Failing(
        "not callable",
        "n = 3\nn(4)",
        "n(4)",
        "TypeError",
        ("n: 3",),
    ),
    Failing(
        "index",
        "rows = [1, 2, 3]\ni = 3\nrows[i]",
        "rows[i]",
        "IndexError",
        (
            "i: 3",
            "rows: list of 3",
        ),
    ),
    Failing(
        "division",
        "def mean(xs):\n    return sum(xs) / len(xs)\nmean([])",
        "return sum(xs) / len(xs)",
        "ZeroDivisionError",
        (
            "xs: ",
            "in mean",
            "mean([])",
        ),
    ),
    Failing(
        "int of a text",
        "text = '12,5'\nint(text)",
        "int(text)",
        "ValueError",
        ("text: '12,5'",),
    ),
    Failing(
        "unpacking",
        "pair = (1, 2, 3)\na, b = pair",
        "a, b = pair",
        "ValueError",
        ("pair: tuple of 3",),
    ),
    Failing(
        "shapes",
        "import numpy as np\na = np.ones((3, 4))\nb = np.ones((3, 4))\na @ b",
        "a @ b",
        "ValueError",
        (
            "a: numpy.ndarray of shape (3, 4)",
            "numpy ",
        ),
    ),
    Failing(
        "broadcasting",
        "import numpy as np\na, b = np.ones(3), np.ones((4, 2))\na + b",
        "a + b",
        "ValueError",
        ("a: numpy.ndarray of shape (3,), float64; b: numpy.ndarray of shape (4, 2)",),
    ),
    Failing(
        "dtype",
        "import pandas as pd\ns = pd.Series(['1', 'two'])\ns.astype(int)",
        "s.astype(int)",
        "ValueError",
        ("s: pandas.Series of shape (2,)",),
    ),
    Failing(
        "merge on a missing key",
        "both = sales.merge(items, on='id')",
        "on='id'",
        "KeyError",
        (
            "sales:",
            "items:",
            "sales has no 'id'; it has 'item_id'",
        ),
        (
            "import pandas as pd",
            SALES,
        ),
    ),
    Failing(
        "merge of different types of keys",
        "both = sales.merge(items.astype({'item_id': object}), on='item_id')\nfirst = both.iloc[0]",
        "both.iloc[0]",
        "IndexError",
        (
            "both:",
            "item_id",
            "sales:",
            "items:",
        ),
        (
            "import pandas as pd",
            SALES,
        ),
    ),
    Failing(
        "dates",
        "import pandas as pd\nday = '31.02.2024'\npd.to_datetime(day, format='%d.%m.%Y')",
        "pd.to_datetime(day",
        "ValueError",
        ("day: '31.02.2024'",),
    ),
    Failing(
        "date of the standard library",
        "from datetime import datetime\nday = '2024-13-01'\ndatetime.strptime(day, '%Y-%m-%d')",
        "strptime(day",
        "ValueError",
        ("day: '2024-13-01'",),
    ),
    Failing(
        "JSON",
        "import json\ntext = '{\"a\": 1,}'\njson.loads(text)",
        "json.loads(text)",
        "JSONDecodeError",
        (
            "text: ",
            " of 9 characters",
        ),
    ),
    Failing(
        "file",
        "open('reprot.csv')",
        "open('reprot.csv')",
        "FileNotFoundError",
        (
            "Names like 'reprot.csv'",
            "'report.csv'",
            "working directory",
        ),
        ("open('report.csv', 'w').close()",),
    ),
    Failing(
        "encoding",
        "data = 'café'.encode('latin-1')\ndata.decode('utf-8')",
        "data.decode('utf-8')",
        "UnicodeDecodeError",
        (
            "Around position 3 of 4",
            "caf\\xe9",
        ),
    ),
    Failing(
        "module that is not installed",
        "import pandsa as pd",
        "import pandsa",
        "ModuleNotFoundError",
        (
            "pandsa is not installed",
            "'pandas'",
        ),
        fixed="import pandas as pd",
    ),
    Failing(
        "name that a module has not",
        "from collections import OrderedDictionary",
        "OrderedDictionary",
        "ImportError",
        ("'OrderedDict'",),
    ),
    Failing(
        "recursion",
        "def a(n):\n    return b(n + 1)\ndef b(n):\n    return a(n)\na(0)",
        "return a(n)",
        "RecursionError",
        (
            "more times at this line",
            "a(0)",
            "n: ",
        ),
    ),
    Failing(
        "StopIteration",
        "it = iter([])\nnext(it)",
        "next(it)",
        "StopIteration",
        ("it: ",),
    ),
    Failing(
        "dict that changes",
        "d = {'a': 1}\nfor k in d:\n    d[k + '!'] = 1",
        "for k in d",
        "RuntimeError",
        (
            "d: ",
            "dictionary changed size",
        ),
    ),
    Failing(
        "generator",
        "def g():\n    yield next(it)\nit = g()\nnext(it)",
        "yield next(it)",
        "ValueError",
        (
            "generator already executing",
            "it: ",
        ),
    ),
    Failing(
        "f-string",
        "x = 1\nf'{x'",
        "f'{x'",
        "SyntaxError",
        ("In In[",),
        fixed=("x = 1\nf'{x}'"),
    ),
    Failing(
        "parenthesis",
        "print((1, 2)\ny = 2",
        "print((1, 2)",
        "SyntaxError",
        (
            "never closed",
            "line 1",
        ),
    ),
    Failing(
        "indentation",
        "for i in range(3):\nprint(i)",
        "print(i)",
        "IndentationError",
        ("line 2",),
    ),
    Failing(
        "await",
        "def f():\n    await g()",
        "await g()",
        "SyntaxError",
        (
            "outside async function",
            "line 2",
        ),
    ),
    Failing(
        "assertion",
        "n = -1\nassert n >= 0, f'negative: {n}'",
        "assert n >= 0",
        "AssertionError",
        (
            "negative: -1",
            "n: -1",
        ),
    ),
    Failing(
        "boolean of a table",
        "if prices['price'] > 2:\n    pass",
        "if prices['price'] > 2",
        "ValueError",
        (
            "prices:",
            "ambiguous",
        ),
        (PRICES,),
    ),
    Failing(
        "groupby",
        "prices.groupby('itm').price.sum()",
        "groupby('itm')",
        "KeyError",
        ("prices has no 'itm'; it has 'item'",),
        (PRICES,),
    ),
    Failing(
        "plot",
        "import matplotlib\n"
        "matplotlib.use('agg')\n"
        "import matplotlib.pyplot as plt\n"
        "x, y = [1, 2, 3], [1, 2]\n"
        "plt.plot(x, y)",
        "plt.plot(x, y)",
        "ValueError",
        (
            "x: list of 3; y: list of 2",
            "matplotlib ",
        ),
    ),
    Failing(
        "model that is not fitted",
        "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression()\nmodel.predict([[1]])",
        "model.predict",
        "NotFittedError",
        (
            "model: ",
            "scikit-learn ",
        ),
    ),
    Failing(
        "shape for a model",
        "import numpy as np\n"
        "from sklearn.linear_model import LinearRegression\n"
        "x, y = np.arange(3), np.arange(3)\n"
        "LinearRegression().fit(x, y)",
        "fit(x, y)",
        "ValueError",
        ("x: numpy.ndarray of shape (3,)",),
    ),
    Failing(
        "singular",
        "import numpy as np\nm = np.ones((2, 2))\nnp.linalg.inv(m)",
        "np.linalg.inv(m)",
        "LinAlgError",
        (
            "m: ",
            "Singular",
        ),
    ),
    Failing(
        "table of a database",
        "import sqlite3\ndb = sqlite3.connect(':memory:')\ndb.execute('select * from sale')",
        "db.execute",
        "OperationalError",
        (
            "no such table: sale",
            "db: ",
        ),
    ),
    Failing(
        "pattern",
        "import re\npattern = '(a'\nre.compile(pattern)",
        "re.compile(pattern)",
        re.error.__name__,
        (
            "pattern: '(a'",
            "Position 0 of 2",
        ),
    ),
    Failing(
        "group",
        "raise ExceptionGroup('both', [ValueError('one'), KeyError('two')])",
        "raise ExceptionGroup",
        "ExceptionGroup",
        (
            "Exception 1 of 2",
            "ValueError: one",
            "KeyError: 'two'",
        ),
    ),
    Failing(
        "cause",
        "class LoadError(Exception): ...\n"
        "def load(path):\n"
        "    try:\n"
        "        return int(path)\n"
        "    except ValueError as e:\n"
        "        raise LoadError(path) from e\n"
        "load('x7')",
        "raise LoadError(path) from e",
        "LoadError",
        (
            "ValueError: invalid literal",
            "return int(path)",
            "path: 'x7'",
            "its cause",
        ),
    ),
    Failing(
        "note",
        "try:\n    int('q')\nexcept ValueError as e:\n    e.add_note('while reading row 7')\n    raise",
        "int('q')",
        "ValueError",
        ("Note: while reading row 7",),
    ),
    Failing(
        "in a function of another cell",
        "half(None)",
        "return x / 2",
        "TypeError",
        (
            "def half(x)",
            "a cell that it uses",
            "half(None)",
            "x: None",
        ),
        ("def half(x):\n    return x / 2",),
    ),
    Failing(
        "beneath %%time",
        "%%time\nk = 5\nk.append(1)",
        "k.append(1)",
        "AttributeError",
        (
            "k: 5",
            "%%time",
        ),
    ),
    Failing(
        "beneath %%capture",
        "%%capture\nk = 6\nk.append(1)",
        "k.append(1)",
        "AttributeError",
        (
            "k: 6",
            "%%capture",
        ),
    ),
    Failing(
        "arguments of a program",
        "import argparse\nargparse.ArgumentParser().parse_args(['--x'])",
        "parse_args(['--x'])",
        "SystemExit",
        ("SystemExit: 2",),
    ),
    Failing(
        "command",
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', '1/0'], capture_output=True, check=True)",
        "check=True",
        "CalledProcessError",
        (
            "Its stderr ended with",
            "ZeroDivisionError",
        ),
    ),
    Failing(
        "magic",
        "%tiem 1",
        "run_line_magic('tiem', '1')",
        "UsageError",
        ("`%tiem` not found",),
    ),
    Failing(
        "attribute of an object",
        "class C:\n"
        "    def __init__(self): self.rate = None\n"
        "    def go(self): return self.rate * 2\n"
        "C().go()",
        "self.rate * 2",
        "TypeError",
        ("self.rate: None",),
    ),
)
