"""Where the VM has no native code the plain twin of the whole firmware runs, and does the same to the microsecond."""

from pathlib import Path

import pytest

from sonofuse_hil import device
from sonofuse_hil.rig import Rig, Sonication
from tests.quick import quick_limits


def test_the_plain_firmware_does_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = quick_limits(tmp_path)
    digests = []
    for native in (True, False):
        monkeypatch.setattr(device, "NATIVE", native)
        with Rig(limits, (Sonication(50.0, 1.0),)) as rig:
            assert ("@micropython.viper" in (rig.folder / "kernel.py").read_text()) == native
            run = rig.run_plan(6_000_000)
        assert run.done == 1
        digests.append(run.digest())
    assert digests[0] == digests[1]
