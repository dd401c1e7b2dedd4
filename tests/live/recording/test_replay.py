"""A recording through a fresh watch: the same to the bit, and the first difference in words."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sonofuse import link
from sonofuse.cli import main
from sonofuse.link import F
from sonofuse.live import recorder as recorder_module
from sonofuse.live.about import About
from sonofuse.live.record import Record
from sonofuse.live.replay import Replay, Replayed, same_out
from sonofuse.live.watch import Watch

from .made import SMALL, Kept, files, record_all, some
from .tape import recorded

Taped = tuple[About, list[Record]]


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, range], Taped]:
    """What the monitor would record of a device in the rig, by seed and by when the line was deaf."""
    made: dict[tuple[int, range], Taped] = {}

    def tape(seed: int, deaf: range = range(0)) -> Taped:
        if (seed, deaf) not in made:
            made[seed, deaf] = recorded(tmp_path_factory.mktemp("rig"), seed, deaf)
        return made[seed, deaf]

    return tape


Tapes = Callable[..., Taped]


def _replayed(about: About, records: list[Record], ended: bool = True) -> Replayed:
    return Replay(Kept(about, records, ended), Watch).run()


@pytest.mark.parametrize(
    ("seed", "deaf_ms"),
    [(0, (0, 0)), (1, (0, 0)), (2, (1000, 1500)), (3, (350, 800)), (4, (380, 420)), (5, (2500, 2600))],
)
def test_what_a_watch_did_beside_a_device_it_does_again(tapes: Tapes, seed: int, deaf_ms: tuple[int, int]) -> None:
    about, records = tapes(seed, range(deaf_ms[0] * 1_000_000, deaf_ms[1] * 1_000_000))
    result = _replayed(about, records)
    assert (result.different, result.gap) == ("", "")
    assert result.compared == sum(record.topic in ("out", "decision", "event") for record in records) > 100
    assert result.summary.ticks > 500
    assert [text.split(":")[0] for _, text in result.summary.trips][1:] == ["supply below"] * (seed % 2)


def _first(records: list[Record], topic: str, where: Callable[[Record], bool] = lambda _: True) -> int:
    return next(at for at, record in enumerate(records) if record.topic == topic and where(record))


def _set(record: Record, **values: object) -> Record:
    return Record(record.t_ns, record.topic, json.dumps(record.values | values, sort_keys=True).encode())


def test_a_decision_that_differs_is_told_in_words(tapes: Tapes) -> None:
    about, records = tapes(0)
    at = _first(records, "decision")
    changed = [*records[:at], _set(records[at], cause=1025, digest="00000000"), *records[at + 1 :]]
    result = _replayed(about, changed)
    when = (records[at].t_ns - records[0].t_ns) / 1e9
    assert result.different.startswith(f"at {when:.6f} s the decision differs: cause is 1025 (skin_b above: above its ")
    assert "in the recording, 2304 (skin_a dose: thermal dose exhausted) in the replay; digest is 0" in result.different


def test_the_time_must_be_the_same(tapes: Tapes) -> None:
    about, records = tapes(0)
    at = _first(records, "decision")
    changed = [*records[:at], dataclasses.replace(records[at], t_ns=records[at].t_ns + 1), *records[at + 1 :]]
    assert "comes 0.001 µs earlier in the replay" in _replayed(about, changed).different


def test_a_byte_on_the_line_that_differs_is_told(tapes: Tapes) -> None:
    about, records = tapes(0)
    at = _first(records, "out")
    data = bytearray(records[at].data)
    data[3] ^= 1
    changed = [*records[:at], dataclasses.replace(records[at], data=bytes(data)), *records[at + 1 :]]
    said = f"out differs: byte 3 of {len(data)} and {len(data)} bytes is {data[3]:#04x} in the recording, "
    assert f"{said}{data[3] ^ 1:#04x} in the replay" in _replayed(about, changed).different
    changed[at] = dataclasses.replace(records[at], data=records[at].data + b"\0")
    assert f"the first {len(data)} are the same" in _replayed(about, changed).different


def test_what_only_one_of_them_has_is_told(tapes: Tapes) -> None:
    about, records = tapes(0)
    at = _first(records, "decision")
    assert "the recording has " in (missing := _replayed(about, [*records[:at], *records[at + 1 :]]).different)
    assert ", the replay decision cause 0 (none), " in missing or "the replay has decision" in missing
    last = max(at for at, record in enumerate(records) if record.topic == "in")
    more = [*records[:last], Record(records[last].t_ns, "event", b'{"what": "new"}'), *records[last:]]
    assert "the recording has event what new, the replay has not" in _replayed(about, more).different
    end = max(at for at, record in enumerate(records) if record.topic == "out")
    assert "the recording ends" in _replayed(about, records[:end]).different
    assert _replayed(about, records[:end], ended=False).same, "who was killed did not record all that followed"


def test_inputs_that_differ_show_in_what_follows(tapes: Tapes) -> None:
    about, records = tapes(0)
    at = _first(records, "in", lambda record: record.t_ns > 1_900_000_000 and len(record.data) > 20)
    data = bytearray(records[at].data)
    data[10] ^= 4
    changed = [*records[:at], dataclasses.replace(records[at], data=bytes(data)), *records[at + 1 :]]
    assert _replayed(about, changed).different


def test_a_gap_ends_the_comparison_but_lost_plots_do_not(tapes: Tapes) -> None:
    about, records = tapes(0)
    at = _first(records, "decision")
    views = Record.of(records[at].t_ns, "note", {"what": "dropped", "records": 7, "topics": {"view": 7}})
    assert _replayed(about, [*records[:at], views, *records[at:]]).same
    gap = Record.of(records[at].t_ns, "note", {"what": "dropped", "records": 2, "topics": {"in": 2}, "reason": "slow"})
    result = _replayed(about, [*records[:at], gap, *records[at + 1 :]])
    assert (result.different, result.gap) == ("", "2 records are missing here, because slow")
    assert not result.same
    assert result.summary.dropped == 2
    assert result.summary.decisions == sum(record.topic == "decision" for record in records) - 1


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"what": "start", "t_ns": 5}', b"\xff"])
def test_a_command_that_is_none_is_told(tapes: Tapes, data: bytes) -> None:
    about, records = tapes(0)
    assert " is no command (" in _replayed(about, [Record(1, "command", data), *records]).different


def test_a_command_that_was_refused_is_refused_again(tapes: Tapes) -> None:
    about, records = tapes(0)
    early = Record.of(1, "command", {"what": "start"})  # before a device was heard
    assert _replayed(about, [early, *records]).same


def test_without_a_key_a_replay_sends_no_command_either(tapes: Tapes) -> None:
    about, records = tapes(0)
    first = _first(records, "command")
    refused = records[: first + 1]
    assert _replayed(dataclasses.replace(about, keys=()), refused).same
    assert "the replay goes on with out" in _replayed(about, refused).different
    chip = next(record.values["chip"] for record in records if record.topic == "event" and b"chip" in record.data)
    assert _replayed(dataclasses.replace(about, keys=(chip,)), records).same
    assert not _replayed(dataclasses.replace(about, keys=("00",)), records).same


def test_sealed_commands_are_compared_but_for_their_mac() -> None:
    def sealed(key: bytes, counter: int = 1, kind: int = F.START, nonce: bytes = bytes(8)) -> bytes:
        return link.encode(kind, 7, link.seal(key, nonce, kind, counter))

    mine, other = b"a" * 32, b"b" * 32
    assert sealed(mine) != sealed(other)
    assert same_out(sealed(mine), sealed(other))
    assert not same_out(sealed(mine), sealed(other, counter=2))
    assert not same_out(sealed(mine), sealed(other, kind=F.FINISH))
    assert not same_out(link.encode(F.RECEIPT, 7, link.receipt(1, 5)), link.encode(F.RECEIPT, 7, link.receipt(1, 6)))
    assert not same_out(link.encode(F.STATUS, 7, bytes(30)), link.encode(F.STATUS, 7, bytes(29) + b"x"))
    assert not same_out(sealed(mine), b"\0\5\0")
    assert not same_out(b"\0\5\0", sealed(mine))


def test_the_verb_for_a_person_and_as_json(tapes: Tapes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about, records = tapes(1)
    path = record_all(tmp_path, [*records, Record.of(1, "note", {"what": "hello"})], about)
    assert main(["replay", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"recording {path}\n" in out
    assert "device rig" in out and "0 records dropped" in out
    assert "command   at " in out and "acknowledge by the rig" in out
    assert out.index(": start\n") < out.index("supply below: below its limit, or a closed contact that opened")
    compared = sum(record.topic in ("out", "decision", "event") for record in records)
    assert f"the same  {compared} decisions, events and frames sent" in out
    assert main(["replay", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["compared"], told["closed"]) == (compared, True)
    assert told["different"] is told["gap"] is told["broken"] is None


def test_the_verb_says_what_differs_with_exit_code_1(
    tapes: Tapes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about, records = tapes(0)
    at = _first(records, "decision")
    path = record_all(tmp_path / "a", [*records[:at], _set(records[at], cause=1025), *records[at + 1 :]], about)
    assert main(["replay", str(path)]) == 1
    assert "differs   at " in capsys.readouterr().out
    assert main(["replay", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["different"].startswith("at ")


def test_the_verb_says_where_the_chain_is_broken(
    tapes: Tapes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about, records = tapes(0)
    path = record_all(tmp_path, records, about)
    data = bytearray(path.read_bytes())
    chunk = data.index(b"\x04\0\0\0zstd")
    data[chunk + 40] ^= 1
    path.write_bytes(data)
    assert main(["replay", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"broken    {path}: damaged in the chunk before byte" in out
    assert "the same" not in out


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read (No such file or directory)"), (b"time,skin_a", "is not an MCAP file")],
)
def test_bad_input_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    path = tmp_path / "given.mcap"
    if content is not None:
        path.write_bytes(content)
    assert main(["replay", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert said in err


def test_limits_that_this_version_cannot_read_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(record_all(tmp_path, some(3)))]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "its limits cannot be read by this version" in err


def test_a_replay_begins_at_the_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "PART_BYTES", 2500)
    monkeypatch.setattr(recorder_module, "BATCH", 50)
    record_all(tmp_path, some(300), SMALL)
    parts = files(tmp_path)
    parts[0].unlink()
    assert main(["replay", str(parts[1])]) == 2
    assert "is part 2, and part 1 is not beside it: a replay begins with that" in capsys.readouterr().err
