"""`sonofuse log`: what a device keeps of itself, for a person, as JSON, and its trips as CSV."""

import csv
import io
import json
import math
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from sonofuse import trips
from sonofuse.board import Board, BoardError, load_board
from sonofuse.causes import cause_text
from sonofuse.console import BAD_INPUT, ENVIRONMENT, OK, CommandError
from sonofuse.image import manifest
from sonofuse.limits.commands import write_atomically
from sonofuse.log import DeviceLog, read_log
from sonofuse.trips import Trip
from sonofuse_firmware.states import NAMES


def log(asked: Namespace) -> int:
    """Read a device's log and show it; the exit code.

    Raises:
        CommandError: if the port, the board or the folder is wrong, or the device does not give its log.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("reading the log", total=None)
        found = read_log(asked.port, lambda done, total: progress.update(task, completed=done, total=total))
    about = _manifest(found)
    board = _board(asked.board or (about.board if about else ""))
    record = _record(found, about, board)
    for trip in found.trips:
        if asked.csv is not None:
            _write(asked.csv, f"trip_{trip.sequence}.csv", trip, board)
    if asked.json:
        print(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        _show(record)
        if asked.csv is not None:
            print(f"{len(found.trips)} trips as CSV in {asked.csv}")
    return OK


def _manifest(found: DeviceLog) -> manifest.Manifest | None:
    try:
        return manifest.read(found.manifest.encode())
    except manifest.ManifestError:
        return None


def _board(name: str) -> Board:
    try:
        return load_board(name)
    except BoardError as error:
        raise CommandError(BAD_INPUT, f"the device's board: {error}; name its file with --board") from error


def _record(found: DeviceLog, about: manifest.Manifest | None, board: Board) -> dict[str, Any]:
    return {
        "state": NAMES[found.state],
        "cause": cause_text(found.cause, board) if found.cause else None,
        "manifest": None
        if about is None
        else {
            "version": about.version,
            "commit": about.commit,
            "board": about.board,
            "files": len(about.files),
            "limits_sha256": about.files["limits.bin"].sha256 if "limits.bin" in about.files else None,
            "interpreter": None if about.interpreter is None else asdict(about.interpreter),
        },
        "trips": [_trip(trip, board) for trip in found.trips],
    }


def _trip(trip: Trip, board: Board) -> dict[str, Any]:
    rows = trips.values(trip, board)
    last = {name: None if math.isnan(value) else round(value, 4) for name, value in rows[-1].items()} if rows else {}
    return {
        "sequence": trip.sequence,
        "cause": cause_text(trip.cause, board),
        "set_w": trip.set_mw / 1e3,
        "on_s": trip.on_us / 1e6,
        "rows": len(rows),
        "every_ms": trip.every_ms,
        "last": last,
    }


def _show(record: dict[str, Any]) -> None:
    about = record["manifest"]
    print(f"state     {record['state']}" + (f", {record['cause']}" if record["cause"] else ""))
    if about is None:
        print("manifest  missing or damaged: flash the device again")
    else:
        commit = f", commit {about['commit']}" if about["commit"] else ""
        print(f"firmware  {about['version']}{commit}, board {about['board']}, {about['files']} files")
        print(f"limits    SHA-256 {about['limits_sha256']}")
        only = about["interpreter"]
        print(f"runs on   {'any MicroPython' if only is None else 'MicroPython with SHA-256 ' + only['sha256']}")
    if not record["trips"]:
        print("trips     none kept")
    for trip in record["trips"]:
        print(f"trip {trip['sequence']:<4} {trip['cause']}")
        print(f"          {trip['set_w']:g} W set, RF for {trip['on_s']:.3f} s; {trip['rows']} rows before it, last:")
        values = ", ".join(
            f"{name} {'fault' if value is None else f'{value:g}'}" for name, value in trip["last"].items()
        )
        print(f"          {values}")


def _write(folder: Path, name: str, trip: Trip, board: Board) -> None:
    """One trip as CSV: ms before the trip, then every channel in its unit."""
    rows = trips.values(trip, board)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["before_trip_ms", *(channel.name for channel in board.channels)])
    for number, row in enumerate(rows):
        writer.writerow([(number + 1 - len(rows)) * trip.every_ms, *(f"{value:.6g}" for value in row.values())])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, text.getvalue().encode())
    except OSError as error:
        raise CommandError(
            ENVIRONMENT, f"{folder}: cannot be written ({error.strerror}); name another folder"
        ) from error
