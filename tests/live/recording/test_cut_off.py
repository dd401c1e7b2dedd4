"""A file that ends anywhere, because the monitor was killed or power failed, gives all that is whole in it."""

from pathlib import Path

import pytest

from sonofuse.live import recorder as recorder_module
from sonofuse.live.chain import Chain
from sonofuse.live.part_file import PartFile, RecordingError
from sonofuse.live.recording import Recording

from .made import record_all, some

RECORDS = some(60)


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(recorder_module, "BATCH", 15)
    return record_all(tmp_path / "whole", RECORDS).read_bytes()


def _cut(path: Path, data: bytes) -> Recording | None:
    """The recording; None if not even its beginning is whole."""
    path.write_bytes(data)
    try:
        return Recording(path)
    except RecordingError as error:
        assert "was cut off before its beginning was whole" in str(error) or "is not an MCAP file" in str(error)
        return None


@pytest.mark.parametrize("zeros", [0, 700])
def test_cut_off_after_any_byte(tmp_path: Path, whole: bytes, zeros: int) -> None:
    """Zeros: some file systems leave those where bytes should have been when power failed."""
    path = tmp_path / "cut.mcap"
    lengths = []
    footer = len(whole) - 40  # every byte of it: the last four before the sign of the end are its own CRC
    for size in (*range(8, footer, 23), *range(footer, len(whole))):
        recording = _cut(path, whole[:size] + bytes(zeros))
        if recording is None:
            lengths.append(-1)
            continue
        records = list(recording.records())
        assert records == RECORDS[: len(records)]
        assert recording.ended or recording.notes[0].startswith("it was not closed: the monitor was killed")
        lengths.append(len(records))
    assert lengths == sorted(lengths)
    assert set(lengths) == {-1, 0, 15, 30, 45, 60}


def test_a_file_that_grows_while_it_is_read_is_one_that_was_cut_off(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "grows.mcap"
    for size in range(_chunk(whole, 1), _chunk(whole, 2), 7):
        path.write_bytes(whole[:size])
        part = PartFile(path)
        with path.open("ab") as file:
            file.write(whole[size:])
        records = [record for batch in part.batches(Chain()) for record in batch]
        assert records == RECORDS[: len(records)] and len(records) in (15, 30), size
        part.close()


def _chunk(whole: bytes, number: int) -> int:
    """Where a chunk begins: kind, length, two times, size and CRC come before the name of its compression."""
    at = -1
    for _ in range(number + 1):
        at = whole.index(b"\x04\0\0\0zstd", at + 1)
    return at - 1 - 8 - 8 - 8 - 8 - 4


def test_the_size_of_the_torn_batch_is_told(tmp_path: Path, whole: bytes) -> None:
    begins = _chunk(whole, 1)
    recording = _cut(tmp_path / "cut.mcap", whole[: begins + 100])
    assert recording is not None
    assert list(recording.records()) == RECORDS[:15]
    assert recording.notes == [
        "it was not closed: the monitor was killed, or power failed; a batch of 100 bytes was not whole"
    ]


def test_a_length_that_was_altered_does_not_pass_for_a_torn_tail(tmp_path: Path, whole: bytes) -> None:
    second = _chunk(whole, 1)
    altered = bytearray(whole)
    altered[second + 4] = 0xFF
    for size in (len(whole), len(whole) - 8):  # as it was closed, and as it was killed
        (tmp_path / "cut.mcap").write_bytes(altered[:size])
        with pytest.raises(RecordingError, match=f"damaged at byte {second}"):
            list(Recording(tmp_path / "cut.mcap").records())


def test_a_closed_file_to_which_something_was_added_is_found(tmp_path: Path, whole: bytes) -> None:
    recording = _cut(tmp_path / "cut.mcap", whole + b"more")
    assert recording is not None
    with pytest.raises(RecordingError, match="4 bytes follow its end"):
        list(recording.records())
