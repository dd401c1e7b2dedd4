"""Reports: runs as one HTML page with curves, for people."""

from .case import Case as Case
from .page import Head as Head
from .page import page as page
