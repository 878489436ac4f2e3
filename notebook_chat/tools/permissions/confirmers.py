"""Who asks the user: in a cell or a terminal, or by a function of the user's."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ... import runner
from ...errors import InvalidOptionError
from ..confirmation import Confirmation, Reply

if TYPE_CHECKING:
    from .dialog import Dialog


class LineConfirmer:
    """Asks where the call was made: in the cell that runs, or in the terminal. Only the main thread can ask there.

    Args:
        opened: Gives the dialog, in the thread that asks; ``None`` where nobody can be asked.
    """

    asks_person = True

    def __init__(self, opened: Callable[[], Dialog | None]) -> None:
        self._opened = opened

    async def ask(self, confirmation: Confirmation) -> Reply | None:
        """The user's answer; ``None`` where nobody can be asked."""

        def asked() -> Reply | None:
            if threading.current_thread() is not threading.main_thread():
                return None
            dialog = self._opened()
            return dialog.ask(confirmation) if dialog is not None else None

        if not runner.has_caller() and threading.current_thread() is not threading.main_thread():
            return None
        return await runner.in_caller(asked)


class FunctionConfirmer:
    """Has a function answer in the place of the user.

    Args:
        decides: Takes the ``Confirmation``, and gives ``True``, ``False``, ``None`` or a ``Reply``; it may be async.
    """

    asks_person = False

    def __init__(self, decides: Callable[[Confirmation], Any]) -> None:
        self._decides = decides

    async def ask(self, confirmation: Confirmation) -> Reply | None:
        """What the function says.

        Raises:
            InvalidOptionError: It says something else.
        """
        said = await runner.in_caller(lambda: self._decides(confirmation))
        if inspect.isawaitable(said):
            said = await said
        if isinstance(said, bool):
            return Reply(said)
        if said is None or isinstance(said, Reply):
            return said
        raise InvalidOptionError(
            f"permit= gave a {type(said).__name__}", hint="It gives True, False, None or a Reply."
        )


def here() -> Dialog | None:
    """A dialog in the notebook or the terminal of this process; ``None`` where nobody can be asked."""
    from .dialog import Dialog  # what it shows with is loaded when somebody is asked

    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return Dialog() if getattr(kernel, "_allow_stdin", False) else None
    try:
        return Dialog() if sys.stdin is not None and sys.stdin.isatty() else None
    except ValueError:  # it is closed
        return None
