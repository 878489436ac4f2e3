"""Servers of the Model Context Protocol: their tools, resources and prompts."""

from .server import MCPServer

__all__ = ["MCPServer"]
