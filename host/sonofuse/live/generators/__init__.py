"""The generator as a second switch: its drivers, the thread that owns it, and what has to agree with the coupler."""
