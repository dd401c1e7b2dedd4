"""Start-up tests of what the monitor relies on: the memory of the kernel, and the watchdog.

What is tested all the time is elsewhere: the limit set by a slice of its CRC on every tick, the ADC by a second
reference, both switches by their read-backs, all of them checks of the kernel (checks.py), the files by their manifest.
"""

from array import array
import micropython
from micropython import const
from machine import WDT, mem32
from time import sleep_ms

_REASON = const(0x40058008)  # of the watchdog (RP2040 data sheet, 4.7.6)
_TIMER = const(1)  # of _REASON: the last reset was the watchdog's timer
_SCRATCH = const(0x4005800C)  # kept by a reset of the watchdog, cleared by power-up and RUN; free for the user
TESTING = const(0x1D067E57)
PROVEN = const(0x1D0600D5)
_PROOF_MS = const(20)
_PATTERN = const(0x15555555)  # and its complement: every bit both ways, neighbours apart


# In viper: bytecode would take half a second for the limit set alone.
@micropython.viper
def march(words: ptr32, n: int) -> int:
    """March C- over n words of 32 bits, which are 0 afterwards; how many words did not hold what was written.

    Finds a bit that sticks, one that cannot change, and cells that follow each other, at whatever addresses
    (van de Goor, Testing Semiconductor Memories, 1991: up w0; up r0 w1; up r1 w0; down r0 w1; down r1 w0; up r0).
    """
    wrong = 0
    low = 16
    low = (1 << low) - 1  # compared in halves: where words are wider than 32 bits, a negative one is loaded as another
    background = int(_PATTERN)
    inverse = -1 - background
    i = 0
    while i < n:
        words[i] = background
        i += 1
    step = 0
    while step < 4:
        expected = background
        written = inverse
        if step & 1:
            expected = inverse
            written = background
        k = 0
        while k < n:
            i = k
            if step > 1:
                i = n - 1 - k
            word = words[i]
            if (word ^ expected) & low or ((word >> 16) ^ (expected >> 16)) & low:
                wrong += 1
            words[i] = written
            k += 1
        step += 1
    i = 0
    while i < n:
        word = words[i]
        if (word ^ background) & low or ((word >> 16) ^ (background >> 16)) & low:
            wrong += 1
        words[i] = 0
        i += 1
    return wrong


def memory(words: "Words") -> None:
    """Test the memory of an array that the kernel uses; its content stays.

    Raises:
        ValueError: if it does not hold what is written.
    """
    kept = array("i", words)
    wrong = march(words, len(words))
    for i in range(len(words)):
        words[i] = kept[i]
    if wrong or words != kept:
        raise ValueError("self-test: %d words of memory do not hold what is written" % wrong)


def watchdog() -> None:
    """Prove that the watchdog resets: once after every power-up, before any treatment can be.

    The first call lets it run out and does not return; the next boot finds its trace. A reset by the firmware keeps the
    proof.

    Raises:
        ValueError: if the watchdog does not reset.
    """
    trace = mem32[_SCRATCH]
    if trace == PROVEN:
        return
    if trace == TESTING and mem32[_REASON] & _TIMER:
        mem32[_SCRATCH] = PROVEN
        return
    mem32[_SCRATCH] = TESTING
    WDT(timeout=_PROOF_MS)
    sleep_ms(4 * _PROOF_MS)
    raise ValueError("self-test: the watchdog does not reset")
