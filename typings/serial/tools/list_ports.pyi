"""The serial ports of this machine."""

class ListPortInfo:
    device: str
    vid: int | None
    pid: int | None

def comports() -> list[ListPortInfo]: ...
