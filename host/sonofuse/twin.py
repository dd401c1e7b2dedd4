"""The plain twin of a firmware module: the same source for a VM without native code and for CPython."""

import re
from types import ModuleType

from sonofuse.layout import FIRMWARE

_POINTER = re.compile(r"(\w+) = ptr32\(int\((\w+)\) \+ \((\w+) << 2\)\)")
_ARRAY = re.compile(r"(\w+) = ptr(?:8|16|32)\((\w+)\)$", re.MULTILINE)


def plain_twin(source: str) -> str:
    """A firmware source without viper's decorator, pointer annotations and pointers; line numbers stay.

    A pointer into an array, `row = ptr32(int(limits) + (row_at << 2))`, becomes an offset: `row[i]` turns into
    `limits[row_at + i]`, and where the pointer moves on, `row = ptr32(int(row) + (N << 2))`, `row_at` does. A pointer
    to an array, `table = ptr32(words)`, becomes the array. Values stay within 31 bits or are masked, so that both
    compute the same.

    Raises:
        ValueError: if the source holds a native construct that has no plain form (another cast, asm_thumb).
    """
    plain = re.sub(r"^( *)@micropython\.(viper|native)\n", r"\1# plain twin\n", source, flags=re.MULTILINE)
    plain = re.sub(r"(\w+): ptr(?:8|16|32)\b", r"\1", plain)
    plain = _ARRAY.sub(r"\1 = \2", plain)
    found = _POINTER.findall(plain)
    offsets = {pointer: (words, at) for pointer, words, at in found if pointer != words}
    for pointer, (words, at) in offsets.items():
        plain = plain.replace(f"{pointer} = ptr32(int({words}) + ({at} << 2))", f"# {pointer}: {words} from {at} on")
        plain = re.sub(rf"\b{pointer} = ptr32\(int\({pointer}\) \+ \((\w+) << 2\)\)", rf"{at} += \1", plain)
        plain = re.sub(rf"\b{pointer}\[", f"{words}[{at} + ", plain)
    plain = plain.replace("from micropython import const\n", "const = int\n")
    for number, line in enumerate(plain.splitlines(), 1):
        if native := re.search(r"@micropython\.\w+|\bptr(8|16|32)\b", line.split("#")[0]):
            raise ValueError(
                f"line {number}: {native[0]} has no plain form; see plain_twin for the forms that have one"
            )
    return plain


def kernel_twin() -> ModuleType:
    """The firmware kernel as a module that runs under CPython (constants and `tick`)."""
    path = FIRMWARE / "kernel.py"
    module = ModuleType("kernel")
    exec(compile(plain_twin(path.read_text(encoding="utf-8")), str(path), "exec"), module.__dict__)  # noqa: S102
    return module
