"""An image: the same input gives the same bytes, and whatever is damaged in it is refused before a board sees it."""

import shutil
from pathlib import Path

import pytest

from sonofuse.board import BOARDS
from sonofuse.image import image as images
from sonofuse.image import manifest, uf2
from sonofuse.image.build import build_image, device_files
from sonofuse.image.cross import CrossError, cross_compile, mpy_format
from sonofuse.image.image import Image
from sonofuse.layout import FIRMWARE
from sonofuse.limits import SHIPPED, compile_limits, load

from .uf2s import RP2350, TEXT
from .uf2s import uf2 as made


@pytest.fixture(scope="module")
def image() -> Image:
    return build_image(SHIPPED, commit="0123abcd")


def written(image: Image, folder: Path) -> Path:
    folder.mkdir()
    for name, data in image.flat().items():
        (folder / name).write_bytes(data)
    return folder


def test_the_same_input_gives_the_same_bytes_wherever_it_lies(image: Image, tmp_path: Path) -> None:
    cross_compile.cache_clear()
    limits = tmp_path / "elsewhere" / "limits.toml"
    limits.parent.mkdir()
    shutil.copy(SHIPPED, limits)
    again = build_image(limits, commit="0123abcd")
    assert list(again.flat().items()) == list(image.flat().items())


def test_no_path_of_this_machine_is_in_it(image: Image) -> None:
    for name, data in image.flat().items():
        for path in (FIRMWARE, Path.home(), Path("/tmp")):  # noqa: S108 - looked for, not used
            assert bytes(path) not in data, name


def test_it_holds_every_module_compiled_the_board_and_the_limits(image: Image) -> None:
    modules = {path.stem for path in FIRMWARE.glob("*.py")} - {"__init__", "main"}
    assert set(image.files) == {f"{name}.mpy" for name in modules | {"board"}} | {"limits.bin", "manifest.txt"}
    assert image.files["limits.bin"] == compile_limits(load(SHIPPED))
    assert mpy_format(image.files["kernel.mpy"]) == image.manifest.mpy == "6.3"
    assert image.manifest.pins == (14, 2, 3)
    assert list(image.files)[-1] == manifest.NAME


def test_a_board_file_of_ones_own_is_found_beside_its_limits(tmp_path: Path) -> None:
    text = (BOARDS / "rev_a.py").read_text(encoding="utf-8").replace('"service": 14', '"service": 13')
    (tmp_path / "mine.py").write_text(text.replace('"rev_a"', '"mine"'), encoding="utf-8")
    limits = tmp_path / "limits.toml"
    limits.write_text(SHIPPED.read_text(encoding="utf-8").replace('"rev_a"', '"mine.py"'), encoding="utf-8")
    image = build_image(limits)
    assert (image.manifest.board, image.manifest.pins[0]) == ("mine", 13)
    assert image.on_device()["main.py"].endswith(b"\nbegin('/a', 13)\n")


def test_the_loader_comes_last_on_a_device() -> None:
    assert list(device_files(SHIPPED))[-1] == "main.py"


def test_a_manifest_is_read_back_as_it_was_written(image: Image, tmp_path: Path) -> None:
    folder = written(image, tmp_path / "image")
    assert images.read(folder) == image
    assert manifest.read(image.files[manifest.NAME]) == image.manifest


def test_every_flipped_bit_of_a_manifest_is_noticed(image: Image) -> None:
    data = image.files[manifest.NAME]
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(manifest.ManifestError):
            manifest.read(bytes(damaged))


@pytest.mark.parametrize("name", ["kernel.mpy", "limits.bin", "main.py", "manifest.txt"])
def test_an_image_with_a_damaged_or_missing_file_is_named(image: Image, tmp_path: Path, name: str) -> None:
    folder = written(image, tmp_path / "image")
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(manifest.ManifestError, match=name):
        images.read(folder)
    (folder / name).unlink()
    with pytest.raises(manifest.ManifestError, match=name):
        images.read(folder)


def test_what_does_not_compile_is_said_with_its_file() -> None:
    with pytest.raises(CrossError, match=r"kernel\.py"):
        cross_compile("kernel.py", b"def tick(:\n", "armv6m")


# ---- interpreters


def test_an_interpreter_is_what_lies_in_the_flash(tmp_path: Path) -> None:
    path = tmp_path / "micropython.uf2"
    path.write_bytes(made(TEXT * 3))
    found = uf2.read(path)
    assert (found.data, found.mcu, found.version) == (TEXT * 3, "rp2040", (1, 28, 0))
    image = build_image(SHIPPED, interpreter=found)
    assert image.manifest.interpreter == manifest.entry(TEXT * 3)
    assert f"interpreter {manifest.entry(TEXT * 3).sha256} 768\n".encode() in image.files[manifest.NAME]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a UF2"),
        (made(TEXT * 3)[:-100], "not a UF2"),
        (made(TEXT * 3)[:-512], "block 0"),
        (b"\0" * 512, "block 0"),
        (made(TEXT * 3, leave_out=1), "gap"),
        (made(at=0x10000100), "gap"),
        (made(family=RP2350), "another chip|family 0xe48bff59"),
        (made(b"CircuitPython".ljust(256, b"\0")), "no MicroPython"),
        (made(TEXT.replace(b"1.28", b"1.24")), "1.24.0"),
    ],
    ids=["empty", "cut", "a block less", "zeros", "gap", "elsewhere", "RP2350", "CircuitPython", "old"],
)
def test_a_wrong_interpreter_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "micropython.uf2"
    path.write_bytes(data)
    with pytest.raises(uf2.Uf2Error, match=said):
        uf2.read(path)
