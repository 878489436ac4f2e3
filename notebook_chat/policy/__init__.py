"""What an administrator has laid down for all notebooks of a machine, and the language of rules about tools."""

from .patterns import KINDS, Pattern, Subject, canonical
from .policy import Policy, in_force

__all__ = ["KINDS", "Pattern", "Policy", "Subject", "canonical", "in_force"]
