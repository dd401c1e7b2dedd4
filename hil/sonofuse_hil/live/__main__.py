"""`python -m sonofuse_hil.live`."""

import sys

from .main import main

sys.exit(main(sys.argv[1:]))
