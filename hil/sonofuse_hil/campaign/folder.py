"""The folder of a campaign: what it is, a Parquet part per block of rows, and the whole at the end."""

# SciPy and Arrow carry no types:
# pyright: basic

import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sonofuse.board import load_board
from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError
from sonofuse.limits import compile_limits, load
from sonofuse.limits.commands import write_atomically

from .declared import VERSION
from .kinds import KINDS
from .rows import Asked, Row

BLOCK = 10  # rows in a part: what kill -9 costs at most, for each process
WHOLE, IDENTITY = "campaign.parquet", "campaign.json"
_TEXT, _WHOLE, _NUMBER = pa.string(), pa.int64(), pa.float64()
_COLUMNS = (
    (_WHOLE, "number seed sonications reaction_us bound_us margin_us"),
    (_TEXT, "part lineage fault phase second second_phase values guarantee outcome reason cause"),
    (_NUMBER, "planned_s skin_k simulated_s"),
    (_TEXT, "run_sha256"),
)
SCHEMA = pa.schema([(name, kind) for kind, names in _COLUMNS for name in names.split()])


def blocks(n: int) -> list[range]:
    """The rows of each part."""
    return [range(first, min(first + BLOCK, n)) for first in range(0, n, BLOCK)]


class Folder:
    """A campaign's folder, made if need be.

    Raises:
        CommandError: if it holds another campaign, or cannot be written.
    """

    def __init__(self, path: Path, asked: Asked) -> None:
        self.path, self.asked = path, asked
        wanted = identity(asked)
        known = path / IDENTITY
        if known.exists():
            found = read_identity(path)
            other = [
                name for name, value in wanted.items() if name not in ("limits", "board") and found.get(name) != value
            ]
            if other:
                raise CommandError(
                    BAD_INPUT, f"{path}: holds another campaign ({', '.join(other)} differ); name another --out"
                )
        else:
            self._write(known, json.dumps(wanted, indent=2).encode() + b"\n")

    def missing(self) -> list[range]:
        """The blocks that are still to be run."""
        return [block for block in blocks(self.asked.n) if not self._part(block).exists()]

    def rows(self) -> list[Row]:
        """The rows that are done.

        Raises:
            CommandError: if a part is damaged.
        """
        return [row for block in blocks(self.asked.n) if self._part(block).exists() for row in self._read(block)]

    def keep(self, block: range, rows: Sequence[Row]) -> None:
        """Write the part of a block: whole or not at all."""
        self._write(self._part(block), to_bytes(rows))

    def finish(self) -> list[Row]:
        """Put the parts together, sorted by number."""
        rows = self.rows()
        self.write(WHOLE, to_bytes(rows))
        return rows

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the folder: whole or not at all."""
        self._write(self.path / name, data)

    def _read(self, block: range) -> list[Row]:
        part = self._part(block)
        rows = read(part)
        if [row["number"] for row in rows] != list(block):
            raise CommandError(
                ENVIRONMENT, f"{part}: has not the rows {block[0]} to {block[-1]}; delete it to run them"
            )
        return rows

    def _part(self, block: range) -> Path:
        return self.path / f"part-{block[0]:08d}.parquet"

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data)
        except OSError as error:
            raise CommandError(
                ENVIRONMENT, f"{path}: cannot be written ({error.strerror}); what was finished before is kept"
            ) from error


def identity(asked: Asked) -> dict[str, Any]:
    """What makes a campaign this one."""
    board = None if asked.board is None else load_board(asked.board)
    return {
        "n": asked.n,
        "seed": asked.seed,
        "faults": list(asked.faults),
        "declaration": VERSION,
        "limits": str(asked.limits.resolve()),
        "limits_sha256": hashlib.sha256(compile_limits(load(asked.limits, board))).hexdigest(),
        "board": None if asked.board is None else str(asked.board.resolve()),
    }


def read_identity(path: Path) -> dict[str, Any]:
    """What the campaign in a folder is.

    Raises:
        CommandError: if there is none.
    """
    try:
        found: dict[str, Any] = json.loads((path / IDENTITY).read_text(encoding="utf-8"))
        return {**found, "n": int(found["n"]), "seed": int(found["seed"]), "limits": str(found["limits"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(BAD_INPUT, f"{path / IDENTITY}: does not say what campaign this is ({error})") from error


def part_with(path: Path, number: int) -> list[Row]:
    """The rows of the part that a row belongs to, none if the campaign has not come to it."""
    part = path / f"part-{number - number % BLOCK:08d}.parquet"
    return read(part) if part.exists() else []


def read(path: Path) -> list[Row]:
    """The rows of a Parquet file of a campaign.

    Raises:
        CommandError: if it is damaged or of something else.
    """
    try:
        table = pq.read_table(path)
        if table.schema.names != SCHEMA.names:
            raise pa.ArrowInvalid("its columns are not those of a campaign")
        rows: list[Row] = table.to_pylist()
        unknown = {row[name] for row in rows for name in ("fault", "second")} - {"", *KINDS}
        if unknown:
            raise pa.ArrowInvalid(f"no campaign draws the fault {min(unknown)}")
        return rows
    except (pa.ArrowException, OSError) as error:
        why = str(error).splitlines()[0].rstrip(".")
        raise CommandError(ENVIRONMENT, f"{path}: damaged ({why}); delete it to run its rows again") from error


def to_bytes(rows: Iterable[Row]) -> bytes:
    """Rows as a Parquet file: the same rows give the same bytes."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), buffer)
    return buffer.getvalue()
