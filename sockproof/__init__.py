"""The sockproof command, and what it starts."""

__version__ = "0.1.0"
