"""Whoever alters, removes, adds or moves a message is found, and so is every damaged byte that means anything."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.writer import Writer

from sonofuse.live import recorder as recorder_module
from sonofuse.live.part_file import RecordingError
from sonofuse.live.recording import Recording

from .made import files, read, record_all, some

RECORDS = [*some(30), *some(10, "decision"), *some(10, "out")]


@dataclass
class Message:
    """One message of a file, with all that the format says of it."""

    topic: str
    log_time: int
    publish_time: int
    sequence: int
    data: bytes


def rewritten(path: Path, alter: Callable[[list[Message]], object], about: Callable[[dict[str, str]], object]) -> Path:
    """The recording written anew with the format's own library, every CRC right, after `alter` had its way."""
    with path.open("rb") as file:
        reader = make_reader(file)
        messages = [
            Message(channel.topic, message.log_time, message.publish_time, message.sequence, message.data)
            for _, channel, message in reader.iter_messages(log_time_order=False)
        ]
        metadata = next(iter(reader.iter_metadata()))
        attachments = list(reader.iter_attachments())
    alter(messages)
    about(metadata.metadata)
    target = path.with_name("altered.mcap")
    with target.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_metadata(metadata.name, metadata.metadata)
        for item in attachments:
            writer.add_attachment(item.create_time, item.log_time, item.name, item.media_type, item.data)
        channels: dict[str, int] = {}
        for each in messages:
            if each.topic not in channels:
                channels[each.topic] = writer.register_channel(each.topic, "json", 0)
            writer.add_message(channels[each.topic], each.log_time, each.data, each.publish_time, each.sequence)
        writer.finish()  # type: ignore[no-untyped-call]
    return target


def nothing(_: object) -> None:
    """Leave it as it is."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record_all(tmp_path, RECORDS)


def test_another_program_may_write_it_anew(path: Path) -> None:
    assert read(rewritten(path, nothing, nothing)) == RECORDS


def _flip(at: int, bit: int = 1) -> Callable[[list[Message]], None]:
    def alter(messages: list[Message]) -> None:
        data = bytearray(messages[at].data)
        data[-1] ^= bit
        messages[at].data = bytes(data)

    return alter


def _renumber(messages: list[Message]) -> None:
    for number, message in enumerate(messages):
        message.sequence = number


def _removed(messages: list[Message]) -> None:
    del messages[17]
    _renumber(messages)


def _swapped(messages: list[Message]) -> None:
    messages[17], messages[18] = messages[18], messages[17]
    _renumber(messages)


def _later(messages: list[Message]) -> None:
    messages[17].log_time += 1
    messages[17].publish_time += 1


def _said_otherwise(messages: list[Message]) -> None:
    chain = next(message for message in messages if message.topic == "/chain")
    chain.data = json.dumps(json.loads(chain.data) | {"head": "00" * 32}).encode()


def _chain_says_nothing(messages: list[Message]) -> None:
    for message in messages:
        if message.topic == "/chain":
            message.data = b"[]"


def _chain_removed(messages: list[Message]) -> None:
    messages.remove(next(message for message in messages if message.topic == "/chain" and b"end" not in message.data))
    _renumber(messages)


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (_flip(17), "chain broken between messages 0 and"),
        (_flip(45), "chain broken between messages"),
        (lambda messages: messages.pop(17), "chain broken at message 17: here is the one numbered 18"),
        (_removed, "chain broken between messages 0 and"),
        (lambda messages: messages.insert(17, replace(messages[3])), "chain broken at message 17: here is the one num"),
        (lambda messages: messages.insert(17, messages.pop(18)), "chain broken at message 17: here is the one num"),
        (_swapped, "chain broken between messages 0 and"),
        (_later, "chain broken between messages 0 and"),
        (lambda messages: setattr(messages[17], "publish_time", 0), "chain broken at message 17: its time was altered"),
        (lambda messages: setattr(messages[17], "log_time", 0), "chain broken at message 17: its time was altered"),
        (lambda messages: setattr(messages[17], "data", b"\0\0"), "chain broken at message 17: its length was altered"),
        (lambda messages: setattr(messages[17], "topic", "/out"), "chain broken between messages 0 and"),
        (lambda messages: setattr(messages[17], "topic", "/else"), "message 17 is on a channel that no recording has"),
        (_said_otherwise, "chain broken between messages 0 and"),
        (_chain_removed, "chain broken between messages 0 and"),
        (lambda messages: messages.append(replace(messages[3], sequence=len(messages))), "was added behind the end"),
        (_chain_says_nothing, "chain broken between messages 0 and"),
    ],
)
def test_an_altered_message_is_found(path: Path, alter: Callable[[list[Message]], object], said: str) -> None:
    with pytest.raises(RecordingError, match=said) as found:
        read(rewritten(path, alter, nothing))
    assert found.value.altered


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("format", "2", "format '2' is of another version of sonofuse"),
        ("device", "another", "chain broken between messages 0 and"),
        ("epoch_ns", "5", "chain broken between messages 0 and"),
        ("part", "one", "what it says of itself is damaged"),
        ("sha256 limits.toml", "00", "limits.toml in it was altered"),
    ],
)
def test_an_altered_beginning_is_found(path: Path, key: str, value: str, said: str) -> None:
    with pytest.raises(RecordingError, match=said):
        read(rewritten(path, nothing, lambda metadata: metadata.update({key: value})))


def test_what_was_good_is_given_up_to_the_break_and_nothing_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "BATCH", 10)
    path = rewritten(record_all(tmp_path, RECORDS), _flip(17), nothing)
    given = []
    with pytest.raises(RecordingError, match="chain broken between messages 11 and 21"):
        for record in Recording(path).records():
            given.append(record)
    assert given == RECORDS[:10]


def test_every_flipped_bit_is_found(path: Path) -> None:
    whole = path.read_bytes()
    other = path.with_name("flipped.mcap")
    chosen = random.Random(1)
    for at in chosen.sample(range(len(whole)), k=400):
        other.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chosen.randrange(8)]) + whole[at + 1 :])
        with pytest.raises(RecordingError) as found:
            read(other)
        assert str(found.value).count("\n") == 0


def test_a_closed_file_without_the_crc_of_the_whole_is_found(path: Path) -> None:
    whole = path.read_bytes()
    at = whole.rindex(b"\x0f\x04\0\0\0\0\0\0\0")  # the record that has it; a reader skips what it does not know
    path.write_bytes(whole[:at] + b"\x4f" + whole[at + 1 :])
    with pytest.raises(RecordingError, match="its index was altered"):
        read(path)


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setattr(recorder_module, "PART_BYTES", 2500)
    monkeypatch.setattr(recorder_module, "BATCH", 50)
    record_all(tmp_path / "parts", some(500))
    found = files(tmp_path / "parts")
    assert len(found) > 3
    return found


def test_a_part_that_is_missing_is_found(parts: list[Path]) -> None:
    parts[1].unlink()
    with pytest.raises(RecordingError, match="messages 102 to 203 are missing"):
        read(parts[0])


def test_a_part_of_another_past_is_found(parts: list[Path]) -> None:
    rewritten(parts[1], nothing, lambda metadata: metadata.update({"head": "00" * 32})).replace(parts[1])
    with pytest.raises(RecordingError, match=r"does not go on where .* ends: a part is missing, or was exchanged"):
        read(parts[0])


def test_the_first_and_the_last_part_may_be_elsewhere_and_that_is_told(parts: list[Path]) -> None:
    parts[0].unlink()
    parts[-1].unlink()
    recording = Recording(parts[1])
    records = list(recording.records())
    assert (recording.head.part, recording.files) == (2, parts[1:-1])
    assert records == some(500)[100 : 100 + len(records)]
    assert (recording.ended, recording.notes) == (False, ["it goes on in a part that is not here"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"cannot be read \(No such file or directory\); give the path of a recording"),
        (b"", "was cut off before its beginning was whole: there is nothing in it"),
        (b"time,skin_a\n0,37\n", "is not an MCAP file; give one that the monitor recorded"),
        (b"\x89MCAP0\r\n", "was cut off before its beginning was whole: there is nothing in it"),
    ],
)
def test_what_is_no_recording_is_told_in_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "given.mcap"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordingError, match=said) as found:
        read(path)
    assert not found.value.altered


def test_somebody_elses_mcap_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "other.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.add_message(writer.register_channel("/scan", "json", 0), 1, b"{}", 1)
        writer.finish()  # type: ignore[no-untyped-call]
    with pytest.raises(RecordingError, match="is an MCAP file, but none that the monitor recorded"):
        read(path)
