"""How a cell ends that was interrupted: as one that failed, so that nothing queued behind it runs, and in silence."""

from __future__ import annotations

from typing import Any


def interruption(shell: Any) -> KeyboardInterrupt:
    """An interrupt for the cell that runs to end with. Nothing is shown of it: what there is to tell stands beneath
    the answer.

    IPython shows nothing of an exception that has a handler of its own. There is one place for such handlers, which
    may be another package's, so that it is taken for the rest of this cell only.

    Args:
        shell: IPython's shell.

    Returns:
        What is to be raised.
    """
    interrupt = KeyboardInterrupt()
    # For whoever shows exceptions in another way, such as an Output widget.
    interrupt._render_traceback_ = list  # type: ignore[attr-defined]
    others, theirs = shell.custom_exceptions, shell.CustomTB

    def restore(*_: object) -> None:
        if shell.CustomTB is ours:
            shell.custom_exceptions, shell.CustomTB = others, theirs
            shell.events.unregister("post_run_cell", restore)

    def handle(kind: Any, error: BaseException, traceback: Any, tb_offset: int | None = None) -> object:
        restore()
        if error is interrupt:
            shell._last_traceback = [
                "KeyboardInterrupt"
            ]  # what ipykernel replies, for the log of whoever runs it
            return []
        if isinstance(error, others):
            return theirs(kind, error, traceback, tb_offset=tb_offset)
        return shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    ours = handle
    shell.custom_exceptions, shell.CustomTB = (KeyboardInterrupt, *others), ours
    shell.events.register("post_run_cell", restore)
    return interrupt
