"""A full disk: one line, nothing half-written, no start; and an end that did not fit is written once there is room."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sonofuse.console import CommandError
from sonofuse.live.sessions import FINISHED, Sessions, history, planning
from sonofuse.live.sessions.database import Database

from .bench import DEVICE, WHO, Clocks, doses, limits, plan

FULL = "the disk is full; make room and try again"


class Disk:
    """A database that cannot grow: SQLite says so with the same error as for a disk that is full."""

    def __init__(self, monitor: Sessions) -> None:
        self._connection: sqlite3.Connection = monitor._database._connection  # pyright: ignore[reportPrivateUsage]

    def fill(self) -> None:
        pages = self._connection.execute("PRAGMA page_count").fetchone()[0]
        self._connection.execute(f"PRAGMA max_page_count = {pages}")

    def make_room(self) -> None:
        self._connection.execute("PRAGMA max_page_count = 1000000")


def fill_up(monitor: Sessions, clocks: Clocks) -> None:
    """Acknowledge until the last page is full, too."""
    for _ in range(1000):
        monitor.acknowledge(clocks.now(), WHO, "x" * 200, 2817, "y" * 200)


def test_an_end_that_does_not_fit_inhibits_and_is_written_later(tmp_path: Path) -> None:
    clocks = Clocks()
    with Sessions(tmp_path / "sessions.db", limits(), clocks.now()) as monitor:
        other = Database(tmp_path / "sessions.db")
        steps = plan().steps * 2
        monitor.choose(planning.new_treatment(other, clocks.now(), WHO, plan(*steps), limits()))
        monitor.begin(clocks.now(), 40.0, 20.0, DEVICE)
        disk = Disk(monitor)
        disk.fill()
        with pytest.raises(CommandError, match=FULL):
            fill_up(monitor, clocks)
        clocks.pass_s(20)
        ended = clocks.now()
        many = {f"sensor_{number:03d}_{'x' * 50}": 0.5 for number in range(60)}  # more than a page of its own takes
        with pytest.raises(CommandError, match=FULL):
            monitor.end(ended, FINISHED, 790.0, doses() | many)
        clocks.pass_s(100)
        assert monitor.inhibited(clocks.now()).endswith(FULL)
        with pytest.raises(CommandError, match=FULL):
            monitor.begin(clocks.now(), 40.0, 20.0, DEVICE)
        with other.reading() as connection:
            (patient,) = history.patients(connection)
        assert [(one.outcome, one.energy_j) for one in patient.sonications] == [("running", 800.0)]
        disk.make_room()
        assert monitor.inhibited(clocks.now()) == ""
        with other.reading() as connection:
            (patient,) = history.patients(connection)
        assert [(one.outcome, one.energy_j) for one in patient.sonications] == [("finished", 790.0)]
        assert patient.sonications[0].ended_at == ended.utc
        other.close()


def test_a_start_that_does_not_fit_is_none(tmp_path: Path) -> None:
    clocks = Clocks()
    with Sessions(tmp_path / "sessions.db", limits(), clocks.now()) as monitor:
        other = Database(tmp_path / "sessions.db")
        monitor.choose(planning.new_treatment(other, clocks.now(), WHO, plan(), limits()))
        Disk(monitor).fill()
        with pytest.raises(CommandError, match=FULL):
            fill_up(monitor, clocks)
        begun = 0
        with pytest.raises(CommandError, match=FULL):
            for _ in range(100):  # the table's own page takes some
                monitor.begin(clocks.now(), 40.0, 20.0, DEVICE, "r" * 128)
                begun += 1
                monitor.end(clocks.now(), "not started")
        with other.reading() as connection:
            assert connection.execute("SELECT count(*) FROM sonication").fetchone()[0] == begun
        other.close()


def test_on_a_disk_that_really_is_full(tmp_path: Path) -> None:
    """In a name space of its own a user may mount a disk of 128 kB."""
    inside = (
        "import sys\nfrom pathlib import Path\n"
        "from sonofuse.console import CommandError\n"
        "from sonofuse.live.sessions import Sessions\n"
        "from tests.live.sessions.bench import Clocks, limits\n"
        "from tests.live.sessions.test_full_disk import fill_up\n"
        "clocks = Clocks()\npath = Path('disk/sessions.db')\n"
        "monitor = Sessions(path, limits(), clocks.now())\n"
        "try:\n    fill_up(monitor, clocks)\n"
        "except CommandError as error:\n    print(error)\n"
        "monitor.close()\n"
        "try:\n    Sessions(Path('disk/other.db'), limits(), clocks.now())\n"
        "except CommandError as error:\n    print(error)\n"
        "print(sorted(entry.name for entry in Path('disk').iterdir()))\n"
    )
    (tmp_path / "disk").mkdir()
    mount = 'mount -t tmpfs -o size=128k none disk && exec "$0" -c "$1"'
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("not run: a name space with a full disk in it, this system gives none (unshare -rm)")
    root = str(Path(__file__).parents[3])
    ended = subprocess.run(
        [unshare, "-rm", "sh", "-c", mount, sys.executable, inside],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    place = tmp_path / "disk"
    assert ended.stdout.splitlines() == [
        f"{place}/sessions.db: {FULL}",
        f"{place}/other.db: {FULL}",
        "['sessions.db', 'sessions.db.monitor']",
    ], ended.stderr
