"""How far the estimates of a conversation's tokens are from what its services count."""

from __future__ import annotations

_LEAST = 200
"""How many tokens must have been estimated for a count to tell something of the text: in a short prompt most of what a
service counts is what it puts around it."""

_BOUNDS = (0.4, 4.0)
"""Between which factors a service's count is believed: what is beyond them has counted something else."""


class Calibration:
    """What services have counted, against what was estimated. It is kept in memory, since it is known again with the
    next answer."""

    def __init__(self) -> None:
        self._factors: dict[str, float] = {}

    def note(self, model: str, estimated: int, counted: int | None) -> None:
        """Takes down what a service has counted.

        Args:
            model: Who counted, as ``provider:model``.
            estimated: How many tokens were estimated to go out.
            counted: How many the service says came in; ``None`` where it does not say.
        """
        if counted is None or estimated < _LEAST:
            return
        least, most = _BOUNDS
        if least <= (factor := counted / estimated) <= most:
            self._factors[model] = factor

    def factor(self, model: str) -> float:
        """What an estimate is to be multiplied with; 1 where nothing is known.

        Args:
            model: Who is asked, as ``provider:model``.
        """
        return self._factors.get(model, 1.0)

    def copy(self) -> Calibration:
        """Another one that knows the same, for a branch of the conversation."""
        other = Calibration()
        other._factors = dict(self._factors)
        return other
