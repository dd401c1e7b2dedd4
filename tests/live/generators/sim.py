"""Simulated instruments (pyvisa-sim), or the reason why there are none."""

from importlib.util import find_spec
from pathlib import Path

import pytest

BENCH = f"{Path(__file__).parent / 'bench.yaml'}@sim"
KEYSIGHT, PLAIN, STUBBORN, STUCK = (
    f"TCPIP0::{name}::5025::SOCKET" for name in ("keysight", "plain", "stubborn", "stuck")
)


def needed() -> None:
    """Skip the module that asks for it if a library is missing."""
    for module, extra in (("pyvisa", "visa"), ("pyvisa_py", "visa"), ("pyvisa_sim", "dev")):
        if find_spec(module) is None:
            pytest.skip(f"not run: {module} is not installed (extra [{extra}])", allow_module_level=True)
