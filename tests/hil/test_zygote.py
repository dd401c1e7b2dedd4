"""VMs do not outlive the rig."""

import subprocess
import sys
from pathlib import Path

import psutil

RIG = """
import sys, time
from pathlib import Path
from sonofuse_hil.platforms.process import Vm

print(Vm(Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


def test_a_vm_that_hangs_ends_with_a_rig_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("while True:\n    pass\n", encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", RIG, str(tmp_path)], stdout=subprocess.PIPE, text=True) as rig:
        assert rig.stdout is not None
        vm = psutil.Process(int(rig.stdout.readline()))
        assert vm.is_running()
        rig.kill()
    _, alive = psutil.wait_procs([vm], timeout=20)
    for left in alive:
        left.kill()
    assert not alive
