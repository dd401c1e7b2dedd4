"""What is written to a board, decided from what is on it."""

from dataclasses import replace

import pytest

from sonofuse.image import manifest
from sonofuse.image.build import build_image
from sonofuse.image.image import Image
from sonofuse.image.plan import plan, running
from sonofuse.limits import SHIPPED


@pytest.fixture(scope="module")
def image() -> Image:
    return build_image(SHIPPED)


def digests(image: Image) -> dict[str, str]:
    return {name: manifest.entry(data).sha256 for name, data in image.files.items()}


def test_a_blank_board_gets_everything_into_the_first_set(image: Image) -> None:
    todo = plan(image, b"", {}, {}, reserve=True)
    assert (todo.folder, todo.switch, todo.reserve, todo.copy, todo.remove) == ("/a", True, True, (), ())
    assert todo.write == tuple(image.files)


@pytest.mark.parametrize("folder", ["/a", "/b"])
def test_a_board_that_has_it_gets_nothing(image: Image, folder: str) -> None:
    assert plan(image, image.loader_for(folder), digests(image), {}, reserve=False).nothing


def test_what_changed_goes_over_the_line_and_the_rest_is_copied(image: Image) -> None:
    before = digests(image) | {"kernel.mpy": "other", "manifest.txt": "other"}
    todo = plan(image, image.loader_for("/a"), before, {}, reserve=False)
    assert (todo.folder, todo.write) == ("/b", ("kernel.mpy", "manifest.txt"))
    assert set(todo.copy) == set(image.files) - set(todo.write)


def test_what_the_other_set_holds_already_is_kept(image: Image) -> None:
    other = digests(image) | {"kernel.mpy": "other", "old.mpy": "other"}
    todo = plan(image, image.loader_for("/b"), {}, other, reserve=False)
    assert (todo.folder, todo.write, todo.copy, todo.remove) == ("/a", ("kernel.mpy",), (), ("old.mpy",))


def test_a_folder_in_the_way_of_a_file_is_removed(image: Image) -> None:
    todo = plan(image, image.loader_for("/a"), {}, digests(image) | {"kernel.mpy": ""}, reserve=False)
    assert (todo.remove, todo.write) == (("kernel.mpy",), ("kernel.mpy",))


def test_a_set_that_is_whole_but_not_switched_to_is_only_switched_to(image: Image) -> None:
    todo = plan(image, image.loader_for("/a"), {}, digests(image), reserve=False)
    assert todo.switch and not (todo.write or todo.copy or todo.remove)


def test_a_file_too_many_or_another_loader_is_no_match(image: Image) -> None:
    more = digests(image) | {"more.mpy": "other"}
    assert not plan(image, image.loader_for("/a"), more, {}, reserve=False).nothing
    other_loader = replace(image, loader=image.loader + b"# newer\n")
    assert not plan(other_loader, image.loader_for("/a"), digests(image), {}, reserve=False).nothing


@pytest.mark.parametrize(
    "loader", [b"", b"print('blink')\n", b"\nbegin('/c', 14)\n", b"\nbegin('/a', 14)\n#\n", b"\nbegin(None, -1)\n"]
)
def test_only_a_loader_of_ours_runs_a_set(loader: bytes) -> None:
    assert running(loader) is None
