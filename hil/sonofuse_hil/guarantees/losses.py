"""What happens to bytes on a line that is listened to; what a wire alone does to them is in faults/wires.py."""

from sonofuse import link
from sonofuse.link import Answer, F

from ..bench import Filter
from ..faults.wires import bit_errors as bit_errors
from ..faults.wires import burst as burst
from ..faults.wires import bursts as bursts
from ..faults.wires import framewise
from ..faults.wires import one_byte as one_byte
from ..faults.wires import one_frame as one_frame
from ..faults.wires import until as until
from ..line import Frames, Line


def on(line: Line, to_host: bool, filtered: Filter) -> None:
    """Put a filter on one direction of a line."""
    if to_host:
        line.to_host = filtered
    else:
        line.to_device = filtered


def late(line: Line, d_us: int) -> Filter:
    """Everything that is said to the device arrives this much later."""
    bench = line.rig.bench

    def through(t_us: int, data: bytes) -> bytes:
        bench.at(t_us + d_us, lambda: line.put(data))
        return b""

    return through


def answers_to(command: int) -> Filter:
    """The device's answers to a command are lost."""

    def spoil(_t_us: int, frame: bytes) -> bytes:
        heard = next(link.Decoder().feed(frame), None)
        return b"" if isinstance(heard, Answer) and heard.command == command else frame

    return framewise(spoil)


def no_receipts_from_arm_on(line: Line, start_late_us: int) -> Filter:
    """The host gives no receipt any more once it has sent ARM; its first START arrives this much later."""
    state = {"armed": False, "started": False}

    def through(t_us: int, data: bytes) -> bytes:
        kinds = [kind for kind, _, _ in Frames().feed(data)]
        if F.START in kinds and not state["started"]:
            state["started"] = True
            line.rig.bench.at(t_us + start_late_us, lambda: line.put(data))
            return b""
        state["armed"] |= F.ARM in kinds
        return b"" if state["armed"] and F.RECEIPT in kinds else data

    return through
