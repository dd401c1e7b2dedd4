"""Reads a limits file: TOML in physical units, checked key by key, all problems reported together."""

import re
import tomllib
from pathlib import Path
from typing import Any

from sonofuse.board import Board, BoardError, load_board
from sonofuse.limits.channels import read_channel
from sonofuse.limits.lines import find_lines
from sonofuse.limits.model import LimitsFile
from sonofuse.limits.problems import Findings, LimitsError, did_you_mean
from sonofuse.limits.table import Table
from sonofuse.limits.validate import faults

POSITION = re.compile(r"\(at line (\d+), column \d+\)")
LONGEST = 1 << 20  # bytes; a limits file has some thousand
HOST = ("required", "none")


def load(path: str | Path, board: Board | None = None) -> LimitsFile:
    """Read and check a limits file; `board` takes the place of the one that the file names, if it has its channels.

    Raises:
        LimitsError: with every problem of the file: file, line, key, value, what would be accepted.
    """
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(LONGEST + 1)
    except OSError as error:
        findings = Findings(str(path))
        findings.add((), None, f"cannot be read ({error.strerror})", "the path of a limits file")
        raise LimitsError(findings.problems) from error
    return parse(raw, str(path), board)


def parse(raw: bytes, file: str, board: Board | None = None) -> LimitsFile:
    """The same for the bytes of a limits file; `file` is what its problems call it.

    Raises:
        LimitsError: with every problem.
    """
    findings = Findings(file)
    data = _toml(raw, findings)
    limits = None if data is None else _read(data, findings, board)
    if findings.problems or limits is None:
        raise LimitsError(findings.problems)
    return limits


def _toml(raw: bytes, findings: Findings) -> dict[str, Any] | None:
    if len(raw) > LONGEST:
        findings.add((), None, "is larger than 1 MiB", "a limits file, TOML")
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        findings.lines[("file",)] = raw.count(b"\n", 0, error.start) + 1
        findings.add(("file",), raw[error.start : error.start + 1], "is not UTF-8 text", "save the file as UTF-8")
        return None
    if not text.strip():
        findings.add((), None, "is empty", "copy the shipped bone_metastasis.toml and change it")
        return None
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        _not_toml(text, str(error), findings)
        return None
    findings.lines = find_lines(text)
    return data


def _not_toml(text: str, message: str, findings: Findings) -> None:
    found = POSITION.search(message)
    lines = text.splitlines()
    line = min(int(found[1]), len(lines)) if found else len(lines)
    written = lines[line - 1].strip()
    key = written.split("=")[0].strip(" []") or "file"
    findings.lines[(key,)] = line
    wrong = f"is not TOML ({POSITION.sub('', message).strip()})"
    if "overwrite" in message or "twice" in message:
        wrong = "is given twice"
    findings.add((key,), written, wrong, 'each key once, as key = "value" under its [table]')


def _board(top: Table, given: Board | None) -> Board | None:
    name = top.text("board", 'the name of a board such as "rev_a", or the path of a board file')
    if given is not None or name is None:
        return given
    try:
        relative = Path(top.findings.file).parent / name
        return load_board(relative if name.endswith(".py") else name)
    except BoardError as error:
        for line in str(error).splitlines():
            top.note("board", line, "a board file that docs/boards.md describes")
        return None


def _read(data: dict[str, Any], findings: Findings, given: Board | None) -> LimitsFile | None:
    whole = Table(data, (), findings)
    top = whole.table("limits", "a table [limits]") or Table({}, ("limits",), Findings(findings.file))
    cut = whole.table("cutoff", "a table [cutoff]") or Table({}, ("cutoff",), Findings(findings.file))
    rows = whole.table("channel", "a table [channel.NAME] for each channel of the board")
    board = _board(top, given)
    name, version = top.text("name", "the name of this limit set"), top.text("version", "its version, as text")
    host = top.choice("host", HOST)
    wiring = {key: cut.quantity(key, "time") or 0.0 for key in ("pump_hold", "relay_release")}
    keys = ("tick", "deadline", "settle", "duration", "over_run", "cooling_gap", "receipt")
    times = {key: top.quantity(key, "time", least=0.0 if key == "cooling_gap" else 1e-6) or 0.0 for key in keys}
    energy, ratio = top.quantity("energy", "energy", least=1.0) or 0.0, top.ratio("energy_ratio", 0.0) or 1.0
    for table in (top, cut):
        table.text("source", "where these figures come from")
        table.done()
    whole.done()
    if board is None or rows is None:
        return None
    wired = [entry.name for entry in board.channels]
    if given is not None and set(wired) != set(rows.data):
        _other_channels(given, set(rows.data), findings)
        return None
    for key in rows.data:
        if key not in wired:
            findings.add(
                ("channel", key), None, f"the board {board.name!r} has no such channel", did_you_mean(key, wired)
            )
    channels = [read_channel(rows, entry, board) for entry in board.channels if entry.name in rows.data]
    limits = LimitsFile(
        findings.file, name or "", version or "", board, host == "required",
        times["tick"], times["deadline"], times["settle"], times["duration"], times["over_run"], energy, ratio,
        times["cooling_gap"], times["receipt"], wiring["pump_hold"], wiring["relay_release"],
        tuple(channel for channel in channels if channel is not None),
    )  # fmt: skip
    _contradictions(limits, data, set(rows.data), findings)
    return limits


def _other_channels(board: Board, named: set[str], findings: Findings) -> None:
    """One line for a board that was given by hand and does not suit the file."""
    wired = {entry.name for entry in board.channels}
    parts = [
        f"{what} {', '.join(sorted(names))}"
        for what, names in (("it lacks", named - wired), ("the file lacks", wired - named))
        if names
    ]
    wrong = f"the board {board.name!r} has other channels: {'; '.join(parts)}"
    findings.add(("limits", "board"), None, wrong, "a board with the channels of this file, or its own limits file")


def _written(data: dict[str, Any], path: tuple[str, ...]) -> Any:
    """The value of a key as the file has it, or None for a table or a key that is not there."""
    found: Any = data
    for part in path:
        found = found.get(part) if hasattr(found, "get") else None
    return None if hasattr(found, "get") else found


def _contradictions(limits: LimitsFile, data: dict[str, Any], channels: set[str], findings: Findings) -> None:
    """Add what contradicts itself, leaving out what only follows from a problem already noted."""
    noted = {problem.key for problem in findings.problems}
    unread = channels - {channel.name for channel in limits.channels}
    for path, value, wrong, accepted in faults(limits):
        key = ".".join(path)
        follows = path[0] == "channel" and (
            (len(path) == 1 and bool(noted))
            or bool(unread & {*path, str(value)})
            or (path[-1] == "energy" and any(other.startswith(key.removesuffix("energy") + "above") for other in noted))
        )
        if key not in noted and not follows:
            written = _written(data, path)
            findings.add(path, value if written is None else written, wrong, accepted)
