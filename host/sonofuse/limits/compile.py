"""From a valid limits file to the binary limit set."""

from sonofuse.limits.model import LimitsFile
from sonofuse.limits.problems import Findings, LimitsError
from sonofuse.limits.validate import faults
from sonofuse.limits.words import pack, words


def compile_limits(limits: LimitsFile) -> bytes:
    """The binary limit set of docs/kernel.md: little-endian words, their CRC-32, their SHA-256.

    Raises:
        LimitsError: if the limits contradict themselves, the board, or 31-bit arithmetic.
    """
    findings = Findings(limits.file)
    for fault in faults(limits):
        findings.add(*fault)
    if findings.problems:
        raise LimitsError(findings.problems)
    return pack(words(limits))
