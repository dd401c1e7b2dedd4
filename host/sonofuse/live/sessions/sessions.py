"""The sessions file for the monitor: what comes next, why it must not, and what happened.

Every method may wait for the disk (tens of ms; seconds if another program writes), so none belongs on a thread that
somebody waits for. They may be called from any thread. What has returned is on the disk.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

from sonofuse.console import NOT_AS_EXPECTED, CommandError
from sonofuse.limits import LimitsFile
from sonofuse.live.view import Budget, Session

from . import history, planning
from .cooling import ENDED, Gap
from .database import Database
from .facts import FINISHED, NOT_STARTED, TRIPPED
from .figures import Doses, add_doses, figure, figures, one_line
from .instant import Instant
from .picture import NO_SESSION, Picture, budgets_of, inhibit, read_picture, session_of
from .planning import Found, add_mark, checked, insert

_SET_W, _SET_S = 1e-3, 1e-6  # what ARM rounds to


class Sessions:
    """The sessions file, for the one monitor that runs sonications.

    Args:
        path: the file; made if it is missing.
        limits: those of the device.
        now: this instant. Sonications that an earlier monitor left open become interrupted ones.

    Raises:
        CommandError: one line, if the file cannot be used or another monitor uses it.
    """

    def __init__(self, path: Path, limits: LimitsFile, now: Instant) -> None:
        self._turn = threading.RLock()
        self._base, self._digest = limits, planning.digest(limits)
        self._chosen = ""
        self._running: int | None = None  # its row
        self._begun: int | None = None  # the row of the last one
        self._sensors: tuple[str, ...] = ()  # that have a dose limit, of the sonication that runs
        self._unwritten: Callable[[Connection], None] | None = None  # an end that the disk did not take yet
        self._gap = Gap()
        self._seen: tuple[int, int] | None = None
        self._picture: Picture | None = None
        self._database = Database(path, create=True, alone=True)
        try:
            planning.find_interrupted(self._database, now)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> "Sessions":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A sonication that runs is then an interrupted one."""
        with self._turn:
            self._database.close()

    def waiting(self) -> list[str]:
        """Names of the treatments that have sonications left, the newest last.

        Raises:
            CommandError: one line, if the file cannot be read.
        """
        with self._turn, self._database.reading() as connection:
            newest = [patient.treatments[-1] for patient in history.patients(connection)]
        return [treatment.name for treatment in sorted(newest, key=lambda entry: entry.at) if treatment.left]

    def choose(self, name: str) -> None:
        """Go on with this treatment.

        Raises:
            CommandError: one line, if there is no such treatment, a newer one of its patient, or a sonication runs.
        """
        with self._turn:
            self._must_not_run()
            with self._database.reading() as connection:
                _, treatment = planning.find_treatment(connection, name)
            self._chosen, self._picture = treatment.name, None

    @property
    def limits(self) -> LimitsFile:
        """The limits that hold for the chosen patient: those of the device, or tighter ones.

        Raises:
            CommandError: one line, if the file cannot be read.
        """
        with self._turn:
            return self._look().allowed.limits

    def inhibited(self, now: Instant) -> str:
        """Why no sonication may start now, in one line; "" if one may. Whatever cannot be read or written inhibits."""
        with self._turn:
            try:
                self._must_not_run()
                picture = self._look()
                if why := self._gap.doubt(picture.mark, now, picture.gap_s):
                    with self._database.writing() as connection:
                        add_mark(connection, now, why)
                    picture = self._look()
                return inhibit(picture, self._gap, now)
            except CommandError as error:
                return str(error).splitlines()[0]

    def session(self, now: Instant) -> Session | None:
        """The chosen treatment for the view; None if none is chosen. After the last sonication its region is "".

        Raises:
            CommandError: one line, if the file cannot be read.
        """
        with self._turn:
            return session_of(self._look(), self._gap, now)

    def budgets(self) -> tuple[Budget, ...]:
        """What the region of the next sonication has used up over all treatments, where that is limited.

        Raises:
            CommandError: one line, if the file cannot be read.
        """
        with self._turn:
            return budgets_of(self._look())

    def begin(self, now: Instant, set_w: float, set_s: float, device: str, recording: str = "") -> str:
        """A sonication is about to start: call it before START goes out, and send START only if it returns.

        Args:
            set_w: what the device is armed with, which has to be what the plan says comes next.
            set_s: the same for the duration.
            device: what the device calls itself.
            recording: the name of the recording's file, without its folder.

        Returns:
            The name of the sonication, P-7K3M-Q2/1/3.

        Raises:
            CommandError: one line: inhibited, armed otherwise than planned, or it cannot be written.
        """
        device, recording = checked(device, "device"), checked(recording, "recording")
        with self._turn:
            line = self.inhibited(now)
            if line:
                raise CommandError(NOT_AS_EXPECTED, line)
            with self._database.writing() as connection:
                picture = self._read(connection)  # again, within the transaction: a plan may just have been changed
                line = inhibit(picture, self._gap, now)
                treatment, step = picture.treatment, picture.next
                if line or treatment is None or step is None:
                    raise CommandError(NOT_AS_EXPECTED, line or NO_SESSION)
                if not (abs(set_w - step.set_w) <= _SET_W and abs(set_s - step.set_s) <= _SET_S):
                    planned = f"the plan says {step.set_w:g} W for {step.set_s:g} s; disarm, and arm as planned"
                    raise CommandError(NOT_AS_EXPECTED, f"armed with {set_w:g} W for {set_s:g} s, but {planned}")
                number, plan = len(treatment.sonications) + 1, treatment.plans[-1]
                row = insert(
                    connection, "sonication", patient=treatment.patient, treatment=treatment.number, number=number,
                    plan=plan.number, step=len(plan.steps) - len(treatment.left) + 1, at=now.utc, device=device,
                    limits_sha256=self._digest, recording=recording,
                )  # fmt: skip
            self._running = self._begun = row
            self._sensors = tuple(picture.allowed.dose_min)
            return f"{treatment.name}/{number}"

    def end(
        self,
        now: Instant,
        outcome: str,
        energy_j: float | None = None,
        doses: Doses | None = None,
        cause: int = 0,
        cause_text: str = "",
    ) -> None:
        """The sonication that runs has ended now. If the disk does not take it, `inhibited` tries again at each call.

        Args:
            outcome: FINISHED, TRIPPED or NOT_STARTED (of facts.py).
            energy_j: delivered. None, NaN or a negative one: not known; the planned energy counts until a person
                says what the recording shows.
            doses: CEM43 minutes by sensor, of this sonication alone. A sensor with a dose limit that is missing, or a
                figure that is none: not known, as above.
            cause: why it tripped, a cause of firmware/checks.py.
            cause_text: the same in words.

        Raises:
            CommandError: one line, if no sonication runs or the disk does not take it.
            ValueError: if outcome or cause are no such words and numbers.
        """
        if outcome not in (FINISHED, TRIPPED, NOT_STARTED) or not 0 <= cause <= 0xFFFF:
            raise ValueError(f"no way to end: {outcome!r}, cause {cause}")
        started, text = outcome != NOT_STARTED, one_line(cause_text)
        with self._turn:
            row = self._runs()
            found = figures(doses or {}, self._sensors) if started else {}
            energy = figure(energy_j) if started else 0.0

            def write(connection: Connection) -> None:
                insert(
                    connection, "ended", sonication=row, at=now.utc, outcome=outcome,
                    cause=cause, cause_text=text, energy_j=energy,
                )  # fmt: skip
                add_doses(connection, row, now, found)
                if started:
                    add_mark(connection, now, ENDED)

            self._unwritten = write
            self._write_end()

    def end_unknown(self, now: Instant) -> None:
        """The sonication that runs has ended, and nobody knows how: the link was lost, or the device started anew.

        Raises:
            CommandError: one line, if no sonication runs or the disk does not take it.
        """
        with self._turn:
            row = self._runs()
            self._unwritten = lambda connection: planning.note_interrupted(connection, row, now)
            self._write_end()

    def after_heat(self, now: Instant, doses: Doses) -> None:
        """CEM43 minutes by sensor that came since the end of the last sonication, or since the last call of this.

        Raises:
            CommandError: one line, if a sonication runs or it cannot be written.
        """
        with self._turn:
            self._must_not_run()
            with self._database.writing() as connection:
                picture = self._read(connection)
                had = [sonication for sonication in picture.sonications if sonication.counts]
                if had:
                    add_doses(connection, had[-1].row, now, figures(doses, picture.allowed.dose_min))

    def recorded(self, now: Instant, messages: int, head: bytes) -> None:
        """The disk has the recording of the last sonication that was begun here: so many messages, with this head of
        their chain (docs/recording.md). Kept here, it gives away a recording that was made anew.

        Raises:
            CommandError: one line, if none was begun or it cannot be written.
        """
        with self._turn:
            if self._begun is None:
                raise CommandError(NOT_AS_EXPECTED, "no sonication was begun that could be recorded")
            with self._database.writing() as connection:
                insert(connection, "recorded", sonication=self._begun, at=now.utc, messages=messages, head=head.hex())

    def acknowledge(
        self, now: Instant, who: str, why: str, cause: int, cause_text: str, new_treatment: bool = False
    ) -> None:
        """A person acknowledges a cause: call it before ACKNOWLEDGE goes out, and send that only if it returns.

        Raises:
            CommandError: one line, if who or why do not fit or it cannot be written.
        """
        who, why = checked(who, "who"), checked(why, "why")
        with self._turn, self._database.writing() as connection:
            treatment = self._read(connection).treatment
            insert(
                connection, "acknowledged", at=now.utc, who=who, cause=cause, cause_text=one_line(cause_text), why=why,
                new_treatment=int(new_treatment), patient=treatment.patient if treatment else None,
                treatment=treatment.number if treatment else None,
            )  # fmt: skip

    def resolve(self, now: Instant, who: str, why: str, name: str, found: Found | None) -> None:
        """Acknowledge a sonication whose account is not known, as planning.resolve does.

        Raises:
            CommandError: one line, if it cannot be.
        """
        with self._turn:
            planning.resolve(self._database, now, who, why, name, found, self._base)

    def _look(self) -> Picture:
        changes = self._database.changes()
        if self._picture is None or changes != self._seen:
            with self._database.reading() as connection:
                self._picture, self._seen = self._read(connection), changes
        return self._picture

    def _read(self, connection: Connection) -> Picture:
        return read_picture(connection, self._base, self._chosen)

    def _runs(self) -> int:
        if self._running is None:
            raise CommandError(NOT_AS_EXPECTED, "no sonication runs that could end")
        return self._running

    def _must_not_run(self) -> None:
        self._write_end()
        if self._running is not None:
            raise CommandError(NOT_AS_EXPECTED, "a sonication runs; wait for its end")

    def _write_end(self) -> None:
        if self._unwritten is None:
            return
        with self._database.writing() as connection:
            ends = "SELECT 1 FROM ended WHERE sonication = :row UNION SELECT 1 FROM interrupted WHERE sonication = :row"
            if connection.execute(ends, {"row": self._running}).fetchone() is None:  # else the disk took it after all
                self._unwritten(connection)
        self._unwritten, self._running = None, None
