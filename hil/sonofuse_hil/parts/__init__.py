"""Simulated components, one per file, that run under CPython and under MicroPython.

Common to all: times are integer microseconds of the platform's own clock and never run backwards; a state change
happens exactly at its own time, whenever it is asked for; `next_event_us()` is the time of the next change that comes
without another call, or `NEVER_US`. `fault` names what is broken ("" = nothing), each class lists its `FAULTS`, and
where breaking acts on time it is done by `set_fault(t_us, fault)`. NaN and values out of range raise ValueError with
the part's name.
"""
