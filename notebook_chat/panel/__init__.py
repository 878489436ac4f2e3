"""The conversation of a notebook in a window: a widget beside the cells.

The front end is thin. It shows safe HTML that was made here, block by block, and says what the reader does;
all thinking is here, on the private loop, so that neither waits for a cell that computes. ``protocol``
declares the messages between the two, ``view_state`` says what the views are sent, ``publisher`` when,
``service`` has done what they ask for (by ``asking``, ``choices`` and ``notices``), ``control`` is their way in,
and ``widget`` joins it all to ipywidgets.
"""

from .widget import ChatPanel

__all__ = ["ChatPanel"]
