"""`rp2` on the rig's wire: state machines whose program the rig models, and the flash.

The programs are not executed here: the rig models what the permit program does with its words (platforms/permit.py);
the emulated chip executes it instruction by instruction.
"""

from _ops import FLASH_ERASE, FLASH_READ, FLASH_WRITE, MACHINE_ACTIVE, MACHINE_EXEC, MACHINE_INIT, PAYLOAD_AT
from _wire import charge, octets, output, put, request, take

_PUT_US = 3
_CALL_US = 4
_SECTORS = 2


class PIO:
    OUT_LOW = 2
    OUT_HIGH = 3


def asm_pio(**settings):
    def keep(function):
        return (function.__name__, settings)

    return keep


class StateMachine:
    def __init__(self, number):
        self._number = number

    def init(self, program, freq, sideset_base):
        charge(200)
        output(MACHINE_INIT, self._number, freq << 8 | sideset_base.number)

    def put(self, word):
        charge(_PUT_US)
        put(self._number, word)

    def active(self, value):
        charge(_CALL_US)
        output(MACHINE_ACTIVE, self._number, value)

    def exec(self, instruction):
        charge(_CALL_US)
        output(MACHINE_EXEC, self._number, instruction)


class Flash:
    """Block device of 4096-byte sectors (rp2.Flash with an offset: no erase before a write).

    The rig's model holds the latch's sectors alone, with the numbers that the device's record gives them.
    """

    def readblocks(self, block, buffer, offset):
        charge(40)
        request(FLASH_READ, 0, len(buffer), block * 4096 + offset)
        take(buffer, len(buffer))

    def writeblocks(self, block, buffer, offset):
        data = bytes(buffer)  # whatever its items are
        octets[4 * PAYLOAD_AT : 4 * PAYLOAD_AT + len(data)] = data
        request(FLASH_WRITE, 0, len(data), block * 4096 + offset)

    def ioctl(self, operation, argument):
        if operation == 4:
            return _SECTORS
        if operation == 5:
            return 4096
        if operation == 6:
            request(FLASH_ERASE, 0, 0, argument * 4096)
            return 0
        return None
