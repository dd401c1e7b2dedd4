"""What is put comes back, byte for byte and in order, with its times; one file or many parts."""

import shutil
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.limits import SHIPPED, load
from sonofuse.limits.compile import compile_limits
from sonofuse.live import record_option, schemas
from sonofuse.live import recorder as recorder_module
from sonofuse.live.about import About
from sonofuse.live.record import LATEST_NS, RAW, TOPICS, Record, of_view
from sonofuse.live.recorder import Recorder, free_name
from sonofuse.live.recording import Recording
from sonofuse.live.view import CONNECTED, Bound, Budget, Reading, View

from .made import SMALL, files, read, record_all, some, until

TIMES = st.integers(0, LATEST_NS - 1)
RECORDS = st.one_of(
    st.builds(Record, TIMES, st.sampled_from(RAW), st.binary(max_size=300)),
    st.builds(
        Record.of,
        TIMES,
        st.sampled_from([topic for topic in TOPICS if topic not in RAW]),
        st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=9), st.booleans(), st.none())),
    ),
)


@settings(max_examples=60)
@given(st.lists(RECORDS, max_size=60))
def test_any_records_come_back(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> None:
    folder = tmp_path_factory.mktemp("any")
    recording = Recording(record_all(folder, records))
    assert list(recording.records()) == records
    assert (recording.ended, recording.notes, recording.about) == (True, [], SMALL)
    shutil.rmtree(folder)


def test_the_file_says_all_that_a_replay_needs(tmp_path: Path) -> None:
    limits = load(SHIPPED)
    about = About.of("a device", limits, compile_limits(limits))
    again = Recording(record_all(tmp_path, [], about)).about
    assert again == about
    assert compile_limits(again.limits_file()) == again.limit_set
    assert again.limits_file().board.pins == limits.board.pins


def test_the_name_has_time_and_device_and_no_file_is_written_over(tmp_path: Path) -> None:
    name = record_all(tmp_path, some(3)).name
    assert name.endswith("Z-dev_1_.mcap")
    at = datetime.strptime(name.split("Z-")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    assert (
        free_name(tmp_path, at, SMALL.device) == f"{at + timedelta(milliseconds=1):%Y%m%dT%H%M%S.%f}"[:-3] + "Z-dev_1_"
    )


def test_long_recordings_have_parts_and_any_of_them_names_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "PART_BYTES", 4000)
    monkeypatch.setattr(recorder_module, "BATCH", 50)
    records = some(1000)
    record_all(tmp_path, records)
    parts = files(tmp_path)
    assert len(parts) > 3
    for path in (parts[0], parts[2], parts[-1]):
        assert Recording(path).files == parts
        assert read(path) == records


def test_a_record_is_refused_where_it_is_built() -> None:
    with pytest.raises(ValueError, match="'outside' is no topic of a recording: in, out,"):
        Record(0, "outside", b"")
    for wrong in (-1, LATEST_NS):
        with pytest.raises(ValueError, match="no time of a monotonic clock"):
            Record(wrong, "in", b"")
    with pytest.raises(ValueError, match="not JSON compliant"):
        Record.of(0, "event", {"value": float("nan")})


def test_what_is_put_after_the_end_is_not_taken(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, SMALL)
    recorder.put(some(1)[0])
    assert recorder.close() == ""
    assert recorder.dropped == 0
    recorder.put(some(1)[0])
    assert recorder.dropped == 1


def test_it_says_what_the_disk_has(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, SMALL)
    for record in some(5):
        recorder.put(record)
    assert recorder.flush(10)
    until(lambda: recorder.trouble == "", "no trouble")
    assert recorder.kept.records == 5
    assert recorder.close() == ""
    recording = Recording(files(tmp_path)[0])
    assert len(list(recording.records())) == 5
    assert (recording.chain.count, recording.chain.head) == (recorder.kept.count, recorder.kept.head)


VIEW = View(
    1.5, CONNECTED, "", "", "ON", 0, "", False,
    (
        Reading("skin", "skin", "temperature", "degC", 36.5, Bound("above", 41, 40.2, None), None, 0.7, "above", False),
        Reading("stop", "stop", "contact", "", None, None, None, None, "", False),
    ),
    (Budget("energy", "J", 10.0, 300.0),), 40.0, 7.0, 0.5, None, 0.01, 0.25, "dev", "bone", None,
)  # fmt: skip


def test_a_view_is_as_its_schema_says() -> None:
    values = of_view(0, VIEW).values
    _fits(values, schemas.SCHEMAS["view"])
    assert "time_to_limit_s" not in values
    assert values["readings"][1].keys() == {"name", "watches", "quantity", "unit", "of", "warning"}
    assert schemas.SCHEMAS.keys() == set(TOPICS) - set(RAW)


def _fits(value: Any, schema: schemas.Schema) -> None:
    """JSON Schema as far as Foxglove reads it: one plain type each."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    }  # fmt: skip
    assert isinstance(value, kinds[schema["type"]])
    assert isinstance(value, bool) == (schema["type"] == "boolean")
    if isinstance(value, dict):
        assert value.keys() <= schema["properties"].keys() and value.keys() >= set(schema["required"])
        for name, inside in value.items():
            _fits(inside, schema["properties"][name])
    elif isinstance(value, list):
        for item in value:
            _fits(item, schema["items"])


def test_only_what_json_can_say_has_a_schema() -> None:
    with pytest.raises(TypeError, match="has no schema"):
        schemas.of(bytes)


def test_recordings_go_where_data_goes_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(*arguments: str) -> Path:
        parser = ArgumentParser()
        record_option.add_to(parser)
        folder: Path = parser.parse_args(arguments).record_to
        return folder

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert chosen() == tmp_path / ".local/share/sonofuse/recordings"
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")  # to be ignored, says the specification
    assert chosen() == tmp_path / ".local/share/sonofuse/recordings"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert chosen() == tmp_path / "data/sonofuse/recordings"
    assert chosen("--record-to", "here") == Path("here")
