"""The embedded model: a provider that needs no service, with its engine and the having of its weights."""

from .provider import Local

__all__ = ["Local"]
