"""Limits: a TOML file in physical units, checked and compiled into the integers that the kernels read."""

from pathlib import Path

from sonofuse.limits.compile import compile_limits
from sonofuse.limits.model import Channel, Check, LimitsFile, Sensor, Uncertainty
from sonofuse.limits.problems import LimitsError, Problem
from sonofuse.limits.read import load, parse

SHIPPED = Path(__file__).parent.parent / "data" / "bone_metastasis.toml"

__all__ = [
    "SHIPPED",
    "Channel",
    "Check",
    "LimitsError",
    "LimitsFile",
    "Problem",
    "Sensor",
    "Uncertainty",
    "compile_limits",
    "find",
    "load",
    "parse",
]


def find(name: str) -> Path:
    """A path as given, or the shipped limits file of that name."""
    path = Path(name)
    if path.exists() or path.name != name:
        return path
    shipped = SHIPPED.with_name(f"{name}.toml")
    return shipped if shipped.exists() else path
