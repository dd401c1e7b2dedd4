"""The recorder, the reader and the replay."""

import pytest

pytest.importorskip("mcap", reason='not run: mcap is not installed: pip install "sonofuse[live]"')
