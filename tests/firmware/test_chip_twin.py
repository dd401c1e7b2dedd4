"""chip.py is the only firmware file that the software tier replaces, and its twin offers the same."""

import ast
from pathlib import Path

from sonofuse.layout import FIRMWARE
from sonofuse_hil.device import FILES, source


def functions(path: Path) -> dict[str, list[str]]:
    """Every function of a file with the names of its arguments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: [a.arg for a in node.args.args] for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_no_other_file_is_replaced() -> None:
    assert [name for name in FILES if source(name) != FIRMWARE / name] == ["chip.py"]


def test_the_twin_has_the_same_functions_with_the_same_arguments() -> None:
    assert functions(source("chip.py")) == functions(FIRMWARE / "chip.py")


def test_only_chip_py_goes_to_registers_in_a_tick() -> None:
    """A pointer made of an address, elsewhere than in chip.py, would be undefined behaviour in the software tier."""
    for name in FILES:
        text = (FIRMWARE / name).read_text(encoding="utf-8")
        assert name == "chip.py" or "ptr32(0x" not in text, name
