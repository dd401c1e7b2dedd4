"""Modules that the MicroPython VM imports in place of `machine`, `time` and `rp2`; `_ops` is read by both sides."""
