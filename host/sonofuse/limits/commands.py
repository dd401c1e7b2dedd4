"""What the command line does with limits: check, compare, build; each returns an exit code."""

import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import TextIO

from sonofuse.board import Board
from sonofuse.limits.compile import compile_limits
from sonofuse.limits.diff import LOOSER, diff
from sonofuse.limits.problems import LimitsError
from sonofuse.limits.read import load
from sonofuse.limits.readable import readable
from sonofuse.limits.render import render_diff, render_report
from sonofuse.limits.report import report

OK, NOT_MET, UNUSABLE, UNWRITABLE = 0, 1, 2, 3


def _refuse(error: LimitsError, out: TextIO, as_json: bool) -> int:
    if as_json:
        problems = [{**dataclasses.asdict(problem), "value": repr(problem.value)} for problem in error.problems]
        out.write(json.dumps({"problems": problems}, indent=2) + "\n")
    else:
        out.write(f"{error}\n{len(error.problems)} problem(s): the file is not usable\n")
    return UNUSABLE


def check(path: Path, out: TextIO, as_json: bool = False, board: Board | None = None) -> int:
    """Print the report of a limits file: 0 all met, 1 a hazard is not met in time, 2 the file is unusable."""
    try:
        result = report(load(path, board))
    except LimitsError as error:
        return _refuse(error, out, as_json)
    out.write(json.dumps(dataclasses.asdict(result), indent=2) + "\n" if as_json else render_report(result))
    return OK if result.met else NOT_MET


def compare(old: Path, new: Path, out: TextIO, as_json: bool = False, board: Board | None = None) -> int:
    """Print what changed: 0 nothing became looser, 1 something did, 2 a file is unusable."""
    try:
        changes = diff(load(old, board), load(new, board))
    except LimitsError as error:
        return _refuse(error, out, as_json)
    records = [dataclasses.asdict(change) for change in changes]
    out.write(json.dumps({"changes": records}, indent=2) + "\n" if as_json else render_diff(changes))
    return NOT_MET if any(change.direction == LOOSER for change in changes) else OK


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by new content as a whole: nobody ever sees half of it.

    Raises:
        OSError: if the directory cannot be written; the old file is then untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def build(path: Path, out_dir: Path, out: TextIO, as_json: bool = False, board: Board | None = None) -> int:
    """Write limits.bin and limits.json into a directory: 0 done, 2 the file is unusable, 3 it cannot be written."""
    try:
        limits = load(path, board)
        packed = compile_limits(limits)
    except LimitsError as error:
        return _refuse(error, out, as_json)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        write_atomically(out_dir / "limits.json", (json.dumps(readable(limits), indent=1) + "\n").encode())
        write_atomically(out_dir / "limits.bin", packed)
    except OSError as error:
        wrong = f"{out_dir}: cannot be written ({error.strerror}); name a folder that you may write to"
        out.write(json.dumps({"error": wrong}, indent=2) + "\n" if as_json else f"{wrong}\n")
        return UNWRITABLE
    target, digest = out_dir / "limits.bin", packed[-32:].hex()
    done = {"limits": str(target), "bytes": len(packed), "sha256": digest}
    out.write(json.dumps(done, indent=2) if as_json else f"{target}: {len(packed)} bytes, SHA-256 {digest}")
    out.write("\n")
    return OK
