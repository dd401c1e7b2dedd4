"""What a killed monitor had been told was done, held against what is left of it: sessions file and recording."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sonofuse.link import F
from sonofuse.live.record import Record
from sonofuse.live.recording import Recording
from sonofuse.live.sessions import history
from sonofuse.live.sessions.database import Database

Fact = tuple[object, ...]
Said = Mapping[str, Any]
_COMMANDS = {"start": F.START, "acknowledge": F.ACKNOWLEDGE}


def facts_told(said: list[Said]) -> set[Fact]:
    """What must be in the sessions file."""
    found: set[Fact] = set()
    name = ""
    for one in said:
        match one["what"]:
            case "begun":
                name = str(one["name"])
                found.add(("begun", name, one["recording"]))
            case "ended":
                found.add(("ended", name, one["outcome"]))
            case "acknowledged":
                found.add(("acknowledged", one["who"], one["why"]))
            case "resolved":
                found.add(("resolved", one["name"], one["why"]))
            case _:
                pass
    return found


def facts_kept(path: Path) -> set[Fact]:
    """What is in the sessions file, which must be whole."""
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
    plain.close()
    database = Database(path)
    try:
        with database.reading() as connection:
            patients = history.patients(connection)
    finally:
        database.close()
    found: set[Fact] = set()
    for treatment in (treatment for patient in patients for treatment in patient.treatments):
        found |= {("acknowledged", entry.who, entry.why) for entry in treatment.acknowledgements}
        for sonication in treatment.sonications:
            found.add(("begun", sonication.name, sonication.recording))
            found.add(("ended", sonication.name, sonication.outcome))
            found |= {("resolved", sonication.name, entry.why) for entry in sonication.resolutions}
    return found


def missing_in(records: list[Record], said: list[Said]) -> list[str]:
    """What was told and is not in the recording: each acknowledgement with who and why and the device's answer, each
    start with its answer, each end after it."""
    commands = [record.values for record in records if record.topic == "command"]
    answers = [record.values for record in records if record.topic == "event" and record.values["what"] == "answer"]
    done = {
        what: sum(answer["command"] == kind and answer["result"] == F.DONE for answer in answers)
        for what, kind in _COMMANDS.items()
    }
    reasons = {(command.get("who"), command.get("why")) for command in commands}
    acknowledged = [one for one in said if one["what"] == "acknowledged"]
    started = sum(one["what"] == "on" for one in said)
    over = sum(one["what"] == "ended" and one["outcome"] in ("finished", "tripped") for one in said)
    missing = [f"acknowledged: {one}" for one in acknowledged if (one["who"], one["why"]) not in reasons]
    if done["acknowledge"] < len(acknowledged):
        missing.append(f"{len(acknowledged)} acknowledgements told, {done['acknowledge']} answered")
    if done["start"] < started:
        missing.append(f"{started} starts told, {done['start']} answered")
    if (seen := len(list(_ends(records)))) < over:
        missing.append(f"{over} ends told, {seen} seen")
    return missing


def _ends(records: list[Record]) -> Iterator[Record]:
    """The changes of state with which RF ended."""
    before = ""
    for record in records:
        if record.topic == "event" and record.values["what"] == "state":
            if before == "ON" and record.values["state"] != "ON":
                yield record
            before = str(record.values["state"])


def read(folder: Path) -> Recording:
    """The one recording in a folder."""
    files = sorted(folder.glob("*.mcap"))
    assert files, f"{folder}: no recording"
    return Recording(files[0])
