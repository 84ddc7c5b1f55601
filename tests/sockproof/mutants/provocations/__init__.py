"""Small programs that reach one mutant each; ``python -m provocations NAME STATE`` runs one.

Each returns what it saw, in a form that is the same every time on a kernel that does as documented.
"""

from __future__ import annotations

from . import connecting, ending, failing, further, grouping, naming, options, receiving, sending, sizing, waiting
from .common import PROVOCATIONS

__all__ = [
    "PROVOCATIONS", "connecting", "ending", "failing", "further", "grouping", "naming", "options", "receiving",
    "sending", "sizing", "waiting",
]  # fmt: skip
