"""Every single damage to a limit set and to a record of the latch, on the real VM."""

import shutil
from collections.abc import Callable
from pathlib import Path

from sonofuse.layout import FIRMWARE, K
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse_hil.device import mistake
from sonofuse_hil.measurement import Measurement

from .batch import on_vm


def limit_set() -> bytes:
    blob = compile_limits(load(SHIPPED))
    channels = memoryview(blob[:-36]).cast("i")[K.H_CHANNELS]
    return b"%8d%4d" % (len(blob), channels) + blob


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    for path in FIRMWARE.glob("*.py"):
        shutil.copy(path, folder)
    source = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(mistake(name, old, new)(name, source), encoding="utf-8")
    return folder


def test_every_flipped_bit_and_every_length_of_a_limit_set_is_refused(measured: Callable[[Measurement], None]) -> None:
    data = limit_set()
    size = len(data) - 12
    lines = on_vm("limitset_driver.py", data).decode().splitlines()
    accepted = sum(line.startswith("accepted") for line in lines)
    text = f"all {8 * size} flips and all {size} lengths"
    measured(Measurement("G7", "damaged limit sets accepted", accepted, "", 0, "software", text))
    assert lines == ["intact True", "intact True", f"tried {8 * size + size + 4}"]


def test_a_reader_that_trusts_its_file_is_noticed(tmp_path: Path) -> None:
    folder = changed(tmp_path, "limitset.py", 'raise ValueError("SHA-256 differs', '("SHA-256 differs')
    lines = on_vm("limitset_driver.py", limit_set(), folder).decode().splitlines()
    assert sum(line.startswith("accepted: bit") for line in lines) == 256


def test_every_damage_to_a_record_and_every_cut_write_trips(measured: Callable[[Measurement], None]) -> None:
    *unnoticed, last = on_vm("latch_driver.py", b"").decode().splitlines()
    measured(Measurement("G7", "damaged latch records not noticed", len(unnoticed), "", 0, "software", last))
    assert not unnoticed, "\n".join(unnoticed[:20])
    assert last.startswith("tried ") and int(last.split()[1]) > 10_000


def test_a_latch_that_ignores_a_torn_page_is_noticed(tmp_path: Path) -> None:
    folder = changed(tmp_path, "latch.py", "            self.kind = 0\n            self.cause = 0\n", "")
    assert "counts as closed" in on_vm("latch_driver.py", b"", folder).decode()
