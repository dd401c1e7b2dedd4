"""Kinds of sensor, one file each; a plug-in adds its own with `register`."""

from sonofuse.limits.kinds import ad8307, contact, flow, ntc, pt100, voltage
from sonofuse.limits.kinds.kind import Kind, KindType

KINDS: dict[str, KindType] = {}


def register(kind: KindType) -> None:
    """Make a kind of sensor known under its name."""
    KINDS[kind.name] = kind


for _kind in (pt100.Pt100, ntc.Ntc, ad8307.Ad8307, voltage.Voltage, flow.Flow, contact.Contact):
    register(_kind)

__all__ = ["KINDS", "Kind", "KindType", "register"]
