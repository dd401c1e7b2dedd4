"""Programs that the tests start, found beside the interpreter that runs them (no activated environment is needed)."""

import sys
from pathlib import Path

_BESIDE = Path(sys.executable).parent


def program(name: str) -> str:
    """The path of a program of this environment.

    Raises:
        FileNotFoundError: if it is not installed there.
    """
    path = _BESIDE / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: install sonofuse[hil,dev] into this environment")
    return str(path)
