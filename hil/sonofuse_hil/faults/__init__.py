"""Named faults: everything the rig can break. A new one is a function of a few lines under `@fault`, in its module."""

from . import controller, cooling, host, link, memory, patient, readings, rf, sensors
from .register import Choice, Fault, Parameter, Quantity, Value, fault, fault_names, get, of_row

__all__ = [
    "Choice",
    "Fault",
    "Parameter",
    "Quantity",
    "Value",
    "controller",
    "cooling",
    "fault",
    "fault_names",
    "get",
    "host",
    "link",
    "memory",
    "of_row",
    "patient",
    "readings",
    "rf",
    "sensors",
]
