"""Every damage to the files of a device is noticed at boot, on the real VM with a littlefs of its own."""

from collections.abc import Callable
from pathlib import Path

from sonofuse.image.build import device_files
from sonofuse.limits import SHIPPED
from sonofuse_hil.measurement import Measurement

from .batch import on_vm
from .test_damaged_memory import changed


def device() -> bytes:
    """A device's files as lines; the reserved ones are told apart by their first byte, so that each block is found."""
    return b"".join(f"{path} {data.hex()}\n".encode() for path, data in device_files(SHIPPED).items())


def test_every_damaged_missing_or_further_file_is_refused(measured: Callable[[Measurement], None]) -> None:
    first, *unnoticed, again, last = on_vm("manifest_driver.py", device()).decode().splitlines()
    measured(Measurement("G7", "damaged sets of files not noticed", len(unnoticed), "", 0, "software", last))
    assert not unnoticed, "\n".join(unnoticed[:20])
    assert first == again == "intact None"
    assert last.startswith("tried ") and int(last.split()[1]) > 1_800


def test_a_check_that_does_not_compare_is_noticed(tmp_path: Path) -> None:
    folder = changed(tmp_path, "manifest.py", "rest != tail or binascii", "rest != tail and binascii")
    assert "unnoticed: /a/kernel.mpy: bit" in on_vm("manifest_driver.py", device(), folder).decode()


def test_a_check_that_does_not_look_around_is_noticed(tmp_path: Path) -> None:
    folder = changed(tmp_path, "manifest.py", "    _nothing_else(folder, files)\n", "")
    assert "unnoticed: /a/kernel.py beside the set" in on_vm("manifest_driver.py", device(), folder).decode()
