"""A plugin of pytest for tests.conditions: captures whose buffer holds a handful of frames, so that they lose some."""

from fixtures.wire.capture import Capture

Capture.buffer = 8192
