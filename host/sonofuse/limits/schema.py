"""Which checks a channel may have, and which keys each of them takes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """The keys of one check: what its limit is measured in, and what else it needs."""

    unit: str  # a dimension of sonofuse.limits.units, "value" (the channel's own), "apart", "ratio", "" for no limit
    quantities: tuple[str, ...] = ()  # of channels that may have it; none means all
    debounced: bool = True
    warns: bool = True
    partner: str = ""
    floor: bool = False


FORMS: Mapping[str, Form] = {
    "range": Form("", warns=False),
    "stale": Form("time", debounced=False),
    "stuck": Form("time", debounced=False, warns=False),
    "above": Form("value", ("temperature", "power", "voltage", "flow")),
    "below": Form("value"),
    "rise": Form("rate", ("temperature",)),
    "rise_off": Form("rate", ("temperature",)),
    "pair": Form("apart", ("temperature", "power", "voltage", "flow"), partner="with"),
    "dose": Form("dose", ("temperature",), debounced=False),
    "set": Form("share", ("power",)),
    "ratio": Form("ratio", ("power",), partner="to", floor=True),
    "idle": Form("value", ("power",)),
    "follow": Form("", ("contact",), warns=False),
}
ALWAYS = ("range", "stale")
