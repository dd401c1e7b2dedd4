"""Firmware with a mistake: the mistake is the only difference, and one that cannot be made is not passed over."""

from pathlib import Path

import pytest

from sonofuse_hil import device
from sonofuse_hil.device import both, mistake

FIRST = mistake("latch.py", "a", "b", 2)


def test_only_the_named_file_is_changed() -> None:
    assert FIRST("latch.py", "aha") == "bhb" and FIRST("permit.py", "aha") == "aha"
    assert both(FIRST, mistake("latch.py", "bhb", "c"))("latch.py", "aha") == "c"


@pytest.mark.parametrize("source", ["", "a", "aaa"])
def test_a_text_that_is_there_more_or_less_often_is_an_error(source: str) -> None:
    with pytest.raises(ValueError, match=f"latch.py: 'a' is there {len(source)} times, not 2"):
        FIRST("latch.py", source)


def test_a_file_that_the_firmware_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"lach\.py is no file of the firmware"):
        mistake("lach.py", "a", "b")


def test_it_is_in_the_installed_files(tmp_path: Path) -> None:
    wrong = '(TRIPPED, "acknowledge", ARMED)'
    device.install(tmp_path, None, transform=mistake("states.py", '(TRIPPED, "acknowledge", SAFE)', wrong))
    assert wrong in (tmp_path / "states.py").read_text(encoding="utf-8")
