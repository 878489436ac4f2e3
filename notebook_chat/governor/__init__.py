"""Who may ask a service now: requests and tokens in a time, and how many at once, for all that this process asks.

A ``Service`` decides, and knows neither loops nor clocks of its own; a ``Passage`` is one request's way to it.
"""

from .passage import Passage
from .priority import Priority, asking_as, current_priority
from .rules import Demand, demands_of
from .service import LONGEST_PAUSE, Service, Ticket
from .services import service_for

__all__ = [
    "LONGEST_PAUSE",
    "Demand",
    "Passage",
    "Priority",
    "Service",
    "Ticket",
    "asking_as",
    "current_priority",
    "demands_of",
    "service_for",
]
