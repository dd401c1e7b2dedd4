"""kill -9 at any moment: what was acknowledged is in the file, which is whole, and the next monitor goes on with it."""

import multiprocessing
import random
import sqlite3
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from sonofuse.live.sessions import Sessions, history
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import Patient

from .bench import WHO, Clocks, limits
from .writer import write

TRIALS = 50
Fact = tuple[object, ...]


def kept(path: Path) -> set[Fact]:
    """Every fact of a file, as the writer reports it."""
    database = Database(path)
    with database.reading() as connection:
        patients = history.patients(connection)
    database.close()
    return {fact for patient in patients for fact in facts(patient)}


def facts(patient: Patient) -> set[Fact]:
    found: set[Fact] = set()
    for treatment in patient.treatments:
        found.add(("treatment", treatment.name))
        for entry in treatment.acknowledgements:
            assert entry.cause_text == treatment.name
            found.add(("acknowledged", treatment.name, entry.why))
        for one in treatment.sonications:
            found.add(("begun", one.name, one.recording))
            if one.ended_at:
                assert one.doses.get("skin_a") == one.doses.get("skin_b")
                found.add(("ended", one.name, one.outcome, one.energy_j, one.doses.get("skin_a")))
            else:
                assert (one.outcome, one.energy_j) in (("running", 50.0), ("interrupted", 50.0))
            found |= {("resolved", one.name, entry.why) for entry in one.resolutions}
    return found


def killed(path: Path, seed: int) -> tuple[set[Fact], bool]:
    """What a writer acknowledged before it was killed at a random moment, and whether a journal was left behind."""
    draw = random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", write.__module__])  # so that a child starts within ms
    ours: Connection[Fact, Fact]
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=write, args=(path, seed, theirs), daemon=True)
    child.start()
    theirs.close()
    acknowledged: set[Fact] = set()
    for _ in range(draw.randrange(1, 7)):
        acknowledged.add(ours.recv())
    time.sleep(draw.random() * 0.01)  # some transactions long
    child.kill()
    child.join()
    assert child.exitcode == -9
    try:
        while True:
            acknowledged.add(ours.recv())
    except EOFError:
        ours.close()
    return acknowledged, path.with_name(f"{path.name}-journal").exists()


@pytest.mark.slow
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    acknowledged: set[Fact] = set()
    journals, more = 0, 0
    for seed in range(TRIALS):
        new, journal = killed(path, seed)
        acknowledged |= new
        journals += journal
        there = kept(path)
        assert acknowledged <= there, (seed, acknowledged - there)
        assert len(there - acknowledged) <= more + 1, (seed, there - acknowledged)  # at most what was being written
        more = len(there - acknowledged)
        plain = sqlite3.connect(path)
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
        plain.close()
    assert len(acknowledged) > 2 * TRIALS
    assert journals > 0, "no trial hit a transaction"
    begun = {fact[1] for fact in acknowledged if fact[0] == "begun"}
    ended = {fact[1] for fact in kept(path) if fact[0] == "ended"}
    assert begun - ended, "no trial hit a sonication"
    there = kept(path)
    looked_at = {fact[1] for fact in there if fact[0] == "resolved"}
    still_open = {fact[1] for fact in there if fact[0] == "begun"} - ended - looked_at
    clocks = Clocks(true_s=1e6)
    with Sessions(path, limits(), clocks.now()) as monitor:
        for name in sorted(map(str, still_open)):
            assert monitor.inhibited(clocks.now()).startswith("the end of P-")
            monitor.resolve(clocks.now(), WHO, "recording lost", name, None)
        assert monitor.inhibited(clocks.now()).startswith("no session")
