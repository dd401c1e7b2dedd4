"""What a person can do next, in a sentence: for whoever sees this for the first time."""

from sonofuse.live.sight import Sight
from sonofuse.live.view import NO_PORT, SILENT


def what_next(sight: Sight, waits: bool = False) -> str:
    """For what is seen now. `waits`: alarms stand that nobody has seen, besides a trip."""
    view = sight.view
    if view is None or not sight.fresh:
        return "Nothing comes from the watching process: use the STOP at the device, then start the monitor again."
    if view.link == NO_PORT:
        return "Look for the cable: there is no such port. RF is off without receipts."
    if view.link == SILENT:
        return "Look at the device's supply and cable: nothing comes from it. RF is off without receipts."
    if not sight.connected:
        return "Wait: the host's kernel does not yet stand beside the device's. RF is off without receipts."
    if view.state == "TRIPPED" and any(one.name.endswith("dose") and not one.used < one.limit for one in view.budgets):
        return "RF is off. The dose is used up or not known: press Acknowledge, and say that it is a new treatment."
    if view.state == "TRIPPED":
        return "RF is off. See that the cause is gone, then press Acknowledge: it asks who, and why it is safe."
    if view.state == "ON":
        return f"RF is on for {view.set_s:g} s, then it ends by itself. Space, Esc or STOP ends it now."
    if view.state in ("SAFE", "ARMED") and view.inhibited:
        return f"Nothing can be started now: {view.inhibited}."
    if view.state == "SAFE" and waits:
        return "Read what stands above and press Seen, which ends its sound."
    if view.state == "ARMED":
        return "Press Start: RF goes on. Disarm takes it back."
    if view.state == "SAFE":
        return "Check power and duration, then press Arm. RF stays off."
    return "Wait: the device starts."
