"""`sonofuse replay`: a recording through a fresh watch, for a person or as JSON."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from sonofuse.console import BAD_INPUT, NOT_AS_EXPECTED, OK, CommandError
from sonofuse.live.about import AboutError
from sonofuse.live.part_file import RecordingError
from sonofuse.live.recording import Recording
from sonofuse.live.replay import MakeWatch, Replay, Replayed
from sonofuse.live.watch import Watch


def replay(asked: Namespace, make: MakeWatch = Watch) -> int:
    """Replay a recording and say whether all of it came out the same; the exit code.

    Raises:
        CommandError: if the file is no recording, cannot be read, or does not begin at the beginning.
    """
    path = Path(asked.file)
    try:
        recording = Recording(path, _sought(asked.head))
        if recording.head.part != 1:
            text = f"{path}: is part {recording.head.part}, and part 1 is not beside it: a replay begins with that"
            raise CommandError(BAD_INPUT, text)
        run = Replay(recording, make)
    except RecordingError as error:
        raise CommandError(NOT_AS_EXPECTED if error.altered else BAD_INPUT, str(error)) from error
    except AboutError as error:
        raise CommandError(BAD_INPUT, f"{path}: {error}") from error
    broken = ""
    try:
        run.run()
    except RecordingError as error:
        broken = str(error)
    missed = bool(asked.head) and not recording.chain.met
    record = _record(recording, run.result, broken) | {"kept_head": None if not asked.head else not missed}
    if asked.json:
        print(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        _show(record)
    return OK if run.result.same and not broken and not missed else NOT_AS_EXPECTED


def _sought(head: str) -> bytes:
    """A head as a session shows it.

    Raises:
        CommandError: if it is none.
    """
    try:
        found = bytes.fromhex(head)
    except ValueError:
        found = b"?"
    if len(found) not in (0, 32):
        raise CommandError(BAD_INPUT, f"--head {head}: is no head; give its 64 hexadecimal digits")
    return found


def _record(recording: Recording, result: Replayed, broken: str) -> dict[str, Any]:
    head, summary = recording.head, result.summary
    return {
        "files": [str(path) for path in recording.files],
        "device": head.about.device,
        "started": head.started,
        "version": head.about.version,
        "duration_s": round(summary.duration_s, 6),
        "frames": summary.decisions,
        "ticks": summary.ticks,
        "receipts": summary.receipts,
        "bytes_in": summary.bytes_in,
        "bytes_out": summary.bytes_out,
        "commands": _timed(summary.commands),
        "trips": _timed(summary.trips),
        "stops": _timed(summary.stops),
        "dropped": summary.dropped,
        "unreadable": summary.unreadable,
        "messages": recording.chain.count,
        "head": recording.chain.head.hex(),
        "closed": recording.ended,
        "notes": recording.notes,
        "broken": broken or None,
        "compared": result.compared,
        "gap": result.gap or None,
        "different": result.different or None,
    }


def _timed(rows: list[tuple[float, str]]) -> list[dict[str, Any]]:
    return [{"at_s": round(at_s, 6), "text": text} for at_s, text in rows]


def _show(record: dict[str, Any]) -> None:
    more = f" and {len(record['files']) - 1} more parts" if len(record["files"]) > 1 else ""
    print(f"recording {record['files'][0]}{more}")
    print(f"began     {record['started']}, device {record['device']}, sonofuse {record['version']}")
    print(f"holds     {record['duration_s']:.3f} s, {record['frames']} frames, {record['ticks']} ticks, "
          f"{record['receipts']} receipts, {record['dropped']} records dropped")  # fmt: skip
    named = (("command", record["commands"]), ("trip", record["trips"]), ("STOP", record["stops"]))
    for at_s, name, text in sorted((row["at_s"], name, row["text"]) for name, rows in named for row in rows):
        print(f"{name:<9} at {at_s:.3f} s: {text}")
    print(f"chain     {record['messages']} messages, head {record['head']}")
    if record["kept_head"] is not None:
        print(
            "kept      "
            + ("the head comes in it" if record["kept_head"] else "the head never comes: made anew, or cut")
        )
    for note in record["notes"]:
        print(f"note      {note}")
    if record["broken"]:
        print(f"broken    {record['broken']}")
    if record["gap"]:
        print(f"gap       {record['gap']}; what follows was not compared")
    if record["different"]:
        print(f"differs   {record['different']}")
    elif not record["broken"] and not record["gap"]:
        print(f"the same  {record['compared']} decisions, events and frames sent, in the recording and its replay")
