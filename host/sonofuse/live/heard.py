"""What comes from a line on which no telemetry does: nothing, noise, or somebody else's words."""

from sonofuse.protocol import BAUD

TELL_NS = 1_000_000_000  # a device that lives says something 10 times a second at least
OVER_NS = (
    3_000_000_000  # without a byte, from something that had sent some: a GPS receiver says its lines once a second
)
_KEPT = 256  # bytes, the last ones that came
_QUOTED = 40  # characters of them, for a person who may know them
_TEXT = 0.9  # that share of text is no chance: of noise it is 0.39
_PROMPT = b">>>"


class Heard:
    """What has come from a port since it was opened, or since the last telemetry. `name` is that of the port."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun_ns = self._came_ns = 0
        self._last = b""

    def begin(self, t_ns: int) -> None:
        """The port was opened, or telemetry comes: nothing of before counts."""
        self._begun_ns, self._last = t_ns, b""

    def came(self, t_ns: int, data: bytes) -> None:
        """Bytes."""
        if not self._last:
            self._begun_ns = t_ns
        self._came_ns, self._last = t_ns, (self._last + data)[-_KEPT:]

    def trouble(self, t_ns: int) -> str:
        """What is wrong with a line without telemetry, in one line; "" as long as that cannot be told."""
        if t_ns - self._begun_ns < TELL_NS:
            return ""
        if not self._last or t_ns - self._came_ns >= OVER_NS:
            return f"{self._name}: nothing comes; is the device powered, and is this the port of its link?"
        if _PROMPT in self._last and _is_text(self._last):
            return f"{self._name}: a MicroPython prompt (>>>) is there; name the port of the device's link, not its USB"
        if _is_text(self._last):
            return f"{self._name}: another device talks there ({_quoted(self._last)}); name the port of the link"
        return (
            f"{self._name}: bytes come, but no frame of a device: another device, or not {BAUD} baud; see to the port, "
            "its adapter and the wiring"
        )


def _is_text(data: bytes) -> bool:
    return sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in data) >= _TEXT * len(data)


def _quoted(data: bytes) -> str:
    """The last whole line, or what there is of it."""
    lines = [line for line in data.decode("ascii", errors="replace").splitlines() if line.strip()]
    line = lines[-2] if len(lines) > 1 else "".join(lines)
    return repr(line[:_QUOTED])
