"""Deliberate deviations put under the unmodified suite, to see whether it notices.

``catalogue`` says what deviates and which claims must notice; ``build`` compiles the preload library that
deviates at the system-call boundary; ``state`` arms it and reads what was reached; ``wire`` writes the rules
that alter packets inside the namespace of a scenario.
"""

from __future__ import annotations


class MutantError(Exception):
    """A sentence for the user: the input, the reason and the remedy."""
