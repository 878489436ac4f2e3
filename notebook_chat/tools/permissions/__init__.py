"""Who decides about calls of tools: rules, and where they say nothing, the user."""

from .confirmers import FunctionConfirmer, LineConfirmer
from .given import Guarded, permit_of
from .grants import Grants
from .permissions import Permissions, Standing
from .private import Private
from .rules import Action, Rule

__all__ = [
    "Action",
    "FunctionConfirmer",
    "Grants",
    "Guarded",
    "LineConfirmer",
    "Permissions",
    "Private",
    "Rule",
    "Standing",
    "permit_of",
]
