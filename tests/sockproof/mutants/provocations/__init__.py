"""Small programs that reach one mutant each; ``python -m provocations NAME STATE`` runs one.

Each returns what it saw, in a form that is the same every time on a kernel that does as documented. A module here is
found by its name alone.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .common import PROVOCATIONS

MODULES = tuple(sorted({module.name for module in iter_modules(__path__)} - {"alarm", "common", "__main__"}))
for _name in MODULES:
    import_module(f"{__name__}.{_name}")

__all__ = ["MODULES", "PROVOCATIONS"]
