"""The cases of the catalogue can fail: firmware with one mistake each does not answer a fault as declared."""

from pathlib import Path

import pytest

from sonofuse_hil.device import mistake
from sonofuse_hil.faults import trial
from sonofuse_hil.faults.cases import Case
from sonofuse_hil.faults.declared import CASES

# A case, the mistake (file, text, text instead of it), and how it shows: what is said first.
MISTAKES = {
    "1 sensor_open": (
        ("kernel.py", "failed |= 1 << RANGE\n", "failed |= 0\n"),
        "by monitor stop, which is not skin_a range",  # the host's kernel makes no mistake
    ),
    "16 rf_without_command": (("kernel.py", "failed |= 1 << IDLE\n", "failed |= 0\n"), "as planned, not trip"),
    "18 reflected_rise": (
        ("kernel.py", "failed |= 1 << RATIO\n", "failed |= 0\n"),
        "by monitor stop, which is not reflected ratio",
    ),
    "27 memory_bit": (
        ("kernel.py", "            state[S_CRC_BAD] = 1\n", "            pass\n"),
        "by monitor receipt, which is not monitor limits",
    ),
    "28 damaged_firmware": (
        (
            "manifest.py",
            "    if rest != tail or binascii.hexlify(digest.digest()) != sha.encode():\n",
            "    if False:\n",
        ),
        "by nothing, which is not monitor configuration",
    ),
    "33 watchdog_dead": (
        ("selftest.py", "    if trace == PROVEN:\n", "    if True:\n"),
        "as planned, not no start",
    ),
    "36 late_tick": (
        ("kernel.py", "        cause = DEADLINE << 8 | MONITOR\n", "        token = step * DEADLINE\n"),
        "RF came back after ",
    ),
    "46 console_hung": (
        (
            "kernel.py",
            "            cause = RECEIPT << 8 | MONITOR\n    else:\n        token",
            "            pass\n    if True:\n        token",
        ),
        "by monitor energy, which is not monitor receipt",
    ),
    "47 out_of_range_command": (
        (
            "monitor.py",
            "        if not (0 < set_mw <= self._set_max_mw and 0 < set_us <= self._max_on_us):\n",
            "        if False:\n",
        ),
        "as planned, not refused",
    ),
    "54 impatient_operator": (
        ("monitor.py", "        if self._times[_SINCE_ON_US] < self._gap_us:\n", "        if False:\n"),
        "RF came back after ",
    ),
    "55 early_acknowledgement, patient_stop": (
        ("monitor.py", "        if cause or self._state_words[S_TOKEN] != self._token or not", "        if not"),
        "ACKNOWLEDGE: cause present was not refused",
    ),
}


def case(label: str) -> Case:
    return next(case for case in CASES if case.label == label)


@pytest.mark.parametrize("label", MISTAKES)
def test_a_mistake_shows(label: str, tmp_path: Path) -> None:
    made, how = MISTAKES[label]
    seen = trial.perform(case(label), tmp_path, transform=mistake(*made))
    assert seen.wrong.startswith(how)


def test_firmware_without_a_mistake_is_as_declared(tmp_path: Path) -> None:
    for label in MISTAKES:
        same = trial.perform(case(label), tmp_path, transform=lambda _name, source: source)
        assert same.wrong == "", label
