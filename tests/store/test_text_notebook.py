"""The chat cells of notebooks that are texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_chat.store.text_notebook import text_sources

LIGHT = """\
# ---
# jupyter: {}
# ---

# A heading about %%chat

# %load_ext notebook_chat

# + magic_args="-c other"
# %%chat -c other
# Why is the sky blue?
#
#   - briefly
# -

x = 1

# %%chat
# And at sunset?
"""

PERCENT = """\
# %% [markdown]
# Words

# %%
# %%chat
# Why?

# %%
x = 1
# %%chat
# In the middle
# %%
%%chat
as it is

# indented
    code
# %% [markdown]
# %%chatter
"""

MARKDOWN = """\
# A title

```python
%%chat
Why?
```

````python
%%chat
Improve this:
```python
x = 1
```
````

```{code-cell} ipython3
%%chat -n
Last
```
Text: %%chat is a magic.
"""


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        (LIGHT, ["%%chat -c other\nWhy is the sky blue?\n\n  - briefly", "%%chat\nAnd at sunset?"]),
        (
            PERCENT,
            ["%%chat\nWhy?", "%%chat\nIn the middle", "%%chat\nas it is\n\n# indented\n    code"],
        ),
        (
            MARKDOWN,
            ["%%chat\nWhy?", "%%chat\nImprove this:\n```python\nx = 1\n```", "%%chat -n\nLast"],
        ),
        ("", []),
        ("%%chat", ["%%chat"]),
    ],
)
def test_the_sources_of_chat_cells(text: str, sources: list[str]) -> None:
    assert text_sources(text.encode()) == sources
    assert text_sources(text.replace("\n", "\r\n").encode()) == sources


@given(st.binary() | st.text(alphabet="#%+-`~: \nchatx").map(str.encode))
def test_any_file_is_read(content: bytes) -> None:
    for source in text_sources(content):
        assert source.startswith("%%chat")
