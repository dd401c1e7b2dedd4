"""The rig's side of the wire to a VM: what the firmware has said, and what it is granted (vm/_ops.py has the words)."""

import struct
from array import array
from collections.abc import Iterator

from .process import Vm
from .vm import _ops

_ANSWER = struct.Struct(_ops.ANSWER)
_TICKS_MASK = 0x3FFFFFFF  # vm/_wire.py
_OUT, _PAYLOAD, _ADC, _RX = (4 * at for at in (_ops.OUT_AT, _ops.PAYLOAD_AT, _ops.ADC_AT, _ops.RX_AT))


def said(vm: Vm) -> Iterator[tuple[int, int, int, int, bytes]]:
    """What the firmware has put out since its last request, in order: time since the last answer (us), operation,
    argument, value, payload. A frame on the line comes in pieces, one a tick: they are one here, at the time at which
    it ends."""
    words = vm.words
    end = words[_ops.OUT_HEAD]
    records = words[_ops.OUT_AT : _ops.OUT_AT + end].tolist()
    words[_ops.OUT_HEAD] = 0
    line, line_us, at = b"", 0, 0
    while at < end:
        since_us, what, value = records[at], records[at + 1], records[at + 2]
        at += _ops.RECORD_WORDS
        operation, payload = what & 0xFF, b""
        if length := what >> 16:
            payload = vm.memory[_OUT + 4 * at : _OUT + 4 * at + length]
            at += -(-length // 4)
        if operation == _ops.UART_TX:
            line, line_us = line + payload, since_us
            if 0 not in payload:
                continue
            payload, line = line, b""
        yield since_us, operation, what >> 8 & 0xFF, value, payload
    if line:
        yield line_us, _ops.UART_TX, 0, 0, line


def fed(vm: Vm) -> tuple[int, int] | None:
    """When the watchdog was fed first and last since the last answer (us after it), None if it was not."""
    words = vm.words
    if not words[_ops.FED]:
        return None
    words[_ops.FED] = 0
    return words[_ops.FED_FIRST], words[_ops.FED_LAST]


def asked(vm: Vm) -> tuple[int, int, int]:
    """What the firmware asks for: operation, length of its payload, value."""
    operation, _, length, value = vm.words[_ops.REQUEST : _ops.REQUEST + 4]
    return operation, length, value


def payload(vm: Vm, length: int) -> bytes:
    """What came with a request."""
    return vm.memory[_PAYLOAD : _PAYLOAD + length]


def give_payload(vm: Vm, data: bytes) -> None:
    """What goes with the answer."""
    vm.memory[_PAYLOAD : _PAYLOAD + len(data)] = data


def room(vm: Vm) -> int:
    """Bytes that an answer can bring to the device."""
    free = (vm.words[_ops.RX_TAIL] - vm.words[_ops.RX_HEAD] - 1) % _ops.RX_BYTES
    most: int = min(_ops.RECEIVE_MAX, free)
    return most


def go_on(vm: Vm, high: int) -> None:
    """Answer: everything that was granted stays, but for pins that are high from now on."""
    for at in _ops.GPIO, _ops.RAISED:
        vm.words[at] |= high
    vm.answer()


def grant(
    vm: Vm,
    *,
    since_boot_us: int,
    horizon_us: int,
    levels: int,
    steps: list[int],
    readings: list[int],
    counts: bytes,
    fifo: int,
    order: int,
    received: bytes,
) -> None:
    """Answer: the inputs from now on.

    Args:
        since_boot_us: the time now. horizon_us: how long the inputs are good for.
        levels, steps, readings, counts: as of the bench (`levels`, `foresee`, `readings`, `adc_block`).
        fifo: a bit for each state machine whose FIFO holds a word. order: a fault of _ops, 0 for none.
        received: bytes that come to the device, at most `room`.
    """
    words = vm.words
    _ANSWER.pack_into(
        vm.memory,
        0,
        0,
        steps[0] if steps else horizon_us,
        horizon_us,
        levels,
        0,
        _ops.STEPS_AT,
        _ops.STEPS_AT + len(steps),
        fifo,
        0,
        since_boot_us & _TICKS_MASK,
        since_boot_us & 0xFFFFFFFF,
        since_boot_us >> 32,
        order,
        len(readings) // _ops.READING_WORDS,
    )
    for at, values in (_ops.READING_AT, readings), (_ops.STEPS_AT, steps):
        if values:
            words[at : at + len(values)] = array("I", values)
    vm.memory[_ADC : _ADC + len(counts)] = counts
    head = words[_ops.RX_HEAD]
    for byte in received:
        vm.memory[_RX + head] = byte
        head = (head + 1) % _ops.RX_BYTES
    words[_ops.RX_HEAD] = head
    vm.answer()
