"""The terminal view of a scripted device, in a process of its own: calls go to the file that is named."""

import json
import sys
from pathlib import Path

from sonofuse.live.terminal import terminal
from tests.live.dashboard.device import Device


class Desk:
    """A console that writes down what it is asked for."""

    def __init__(self, device: Device, file: Path) -> None:
        self._device, self._file = device, file

    def stop(self) -> str:
        self._note("stop")
        self._device.trip(36 * 256 + 255, "monitor stop: STOP was commanded")
        return ""

    def arm(self, set_w: float, set_s: float) -> str:
        return self._device.arm(set_w, set_s)

    def start(self) -> str:
        return self._device.start()

    def finish(self) -> str:
        return self._device.finish()

    def disarm(self) -> str:
        return self._device.disarm()

    def acknowledge(self, new_treatment: bool, who: str, why: str) -> str:
        self._note("acknowledge", new_treatment, who, why)
        return self._device.acknowledge()

    def silence(self) -> str:
        self._note("silence")
        return ""

    def _note(self, *call: str | bool) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(call) + "\n")


def main() -> None:
    device = Device()
    device.arm(40.0, 600.0)
    device.start()
    terminal(device.latest, Desk(device, Path(sys.argv[1])))


if __name__ == "__main__":
    main()
