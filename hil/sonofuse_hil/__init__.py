"""The hardware-in-the-loop rig of sonofuse: plant, parts, faults, platforms, scenarios, guarantees."""

import os

# A rig runs on one core with its VM; a linear-algebra library that spins on others makes it ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
