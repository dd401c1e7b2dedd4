"""VMs do not outlive the rig."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

RIG = """
import sys, time
from pathlib import Path
from sonofuse_hil.platforms.process import Vm

print(Vm(Path(sys.argv[1]), program=sys.argv[2]).pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("external", [False, True])
def test_a_vm_that_hangs_ends_with_a_rig_that_is_killed(tmp_path: Path, external: bool) -> None:
    """An external one is a program that never says a word."""
    (tmp_path / "main.py").write_text("while True:\n    pass\n", encoding="utf-8")
    program = tmp_path / "micropython"
    program.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    words = [sys.executable, "-c", RIG, str(tmp_path), str(program) if external else ""]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as rig:
        assert rig.stdout is not None
        vm = psutil.Process(int(rig.stdout.readline()))
        assert vm.is_running()
        rig.kill()
    _, alive = psutil.wait_procs([vm], timeout=20)
    for left in alive:
        left.kill()
    assert not alive
