"""Sessions: what was planned, done, delivered and acknowledged, by pseudonym, in one file that only grows."""

from .facts import FINISHED, NOT_STARTED, TRIPPED
from .instant import Instant, now
from .place import default_path
from .sessions import Sessions

__all__ = ["FINISHED", "NOT_STARTED", "TRIPPED", "Instant", "Sessions", "default_path", "now"]
