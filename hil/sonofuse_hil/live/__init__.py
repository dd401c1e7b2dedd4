"""The rig in real time, with the device's link on a pseudo-terminal: what a console or a monitor is tried against.

`python -m sonofuse_hil.live --link PATH --control PATH` runs it; `control` says what can be asked of it meanwhile.
"""

from .main import main
from .rig import LiveRig

__all__ = ["LiveRig", "main"]
