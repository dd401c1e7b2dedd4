"""A campaign on a Dask cluster: the same blocks, on other machines; a block of a worker that is lost runs elsewhere."""

# Dask carries no types:
# pyright: basic

import tempfile
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import distributed
from distributed.scheduler import KilledWorker

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError, package_version

from .rows import Asked, Lineage, Row
from .running import Workers, run_block

_PATIENCE_S = 5.0  # until a scheduler that does not answer counts as unreachable
_one = threading.Lock()  # a worker with several threads: a rig has its process for itself


class _Cluster:
    """Blocks go out with the text of their files: a worker needs nothing but sonofuse of this version."""

    def __init__(self, client: Any) -> None:
        self._executor = client.get_executor(pure=False)
        self.width = 2 * len(client.nthreads())

    def submit(self, asked: Asked, lineages: Sequence[Lineage]) -> Future[list[Row]]:
        future: Future[list[Row]] = self._executor.submit(_remote, package_version(), asked, _texts(asked), lineages)
        return future


@contextmanager
def connected(address: str) -> Generator[Workers]:
    """The workers of a scheduler, by its address (tcp://HOST:PORT).

    Raises:
        CommandError: if it cannot be reached, has no workers, or loses them again and again.
    """
    try:
        client = distributed.Client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CommandError(ENVIRONMENT, f"--dask {address}: no scheduler can be reached there ({why})") from error
    with client:
        if not client.nthreads():
            raise CommandError(ENVIRONMENT, f"--dask {address}: the scheduler has no workers; start some")
        try:
            yield _Cluster(client)
        except KilledWorker as error:
            raise CommandError(ENVIRONMENT, f"--dask {address}: a block lost its worker again and again") from error


def _texts(asked: Asked) -> dict[str, bytes]:
    """The files of a campaign, by name."""
    return {path.name: path.read_bytes() for path in (asked.limits, asked.board) if path is not None}


def _remote(version: str, asked: Asked, texts: dict[str, bytes], lineages: Sequence[Lineage]) -> list[Row]:
    if version != package_version():
        raise CommandError(BAD_INPUT, f"a worker has sonofuse {package_version()}, not {version}")
    folder = _written(tuple(sorted(texts.items())))
    board = None if asked.board is None else folder / asked.board.name
    with _one:
        return run_block(replace(asked, limits=folder / asked.limits.name, board=board), lineages)


@cache
def _written(texts: tuple[tuple[str, bytes], ...]) -> Path:
    """The files in a folder of this worker, written once."""
    folder = Path(tempfile.mkdtemp(prefix="sonofuse-campaign-"))
    for name, text in texts:
        (folder / name).write_bytes(text)
    return folder
