"""SCPI instruments; what they are told and how they answer is data (instrument.py)."""

import re
from typing import NoReturn

from sonofuse.live.generators.calibration import RangeError
from sonofuse.live.generators.generator import GeneratorError
from sonofuse.live.generators.instrument import Instrument
from sonofuse.live.generators.visa import BACKEND, Session

ERRORS = 30  # that an error queue holds (Agilent E1446A; 20 in others): more never end


class ScpiGenerator:
    """A generator behind a VISA resource."""

    def __init__(self, instrument: Instrument, resource: str, backend: str = BACKEND) -> None:
        """Connect, see that it is the right instrument, and prepare it.

        Raises:
            GeneratorError: if it cannot be reached, is another one, or refuses to be prepared.
        """
        self._instrument, self._resource, self._backend = instrument, resource, backend
        self._session = self._another_session()
        self._identity = self._session.ask(instrument.identify)
        try:
            if not self._identity.startswith(instrument.identity):
                expected = " or ".join(f'"{start}…"' for start in instrument.identity)
                raise GeneratorError(
                    f'{resource} is "{self._identity}" and not {expected}: name its resource, or another file'
                )
            for command in instrument.prepare:
                self._session.tell(command)
            self._see_errors("prepare")
        except GeneratorError:
            self.close()
            raise

    @property
    def identity(self) -> str:
        """Its answer to `identify`."""
        return self._identity

    @property
    def timeout_s(self) -> float:
        """One answer, and one of the error queue."""
        return 2 * self._instrument.timeout_s

    @property
    def settle_s(self) -> float:
        """As the file declares it."""
        return self._instrument.settle_s

    @property
    def tolerance(self) -> float:
        """As the file declares it."""
        return self._instrument.tolerance

    def set_point(self, watts: float) -> None:
        """Set the level that the calibration gives for this power."""
        try:
            level = self._instrument.calibration.level(watts)
        except RangeError as error:
            raise GeneratorError(f"{self._instrument.name}: {error}") from error
        self._session.tell(self._instrument.set_level.format(level=level))
        self._see_errors(f"set point {watts:g} W")

    def read_set_point(self) -> float:
        """The power that belongs to the level it reports."""
        answer = self._session.ask(self._instrument.read_level)
        found = self._instrument.level.fullmatch(answer)
        if found is None:
            self._not_known(answer, self._instrument.read_level)
        try:
            return self._instrument.calibration.watts(float(found[1]))
        except ValueError as error:
            raise GeneratorError(f"{self._instrument.name}: {error}") from error

    def on(self) -> None:
        """Put the output on."""
        self._session.tell(self._instrument.on)
        self._see_errors("output on")

    def off(self) -> None:
        """Put the output off; whether it is, `read_output` says."""
        self._session.tell(self._instrument.off)

    def read_output(self) -> bool:
        """Whether it says that its output is on."""
        return self._output(self._session)

    def abort(self) -> None:
        """Put the output off through a second session."""
        session = self._another_session()
        try:
            session.tell(self._instrument.off)
            if self._output(session):
                raise GeneratorError(f"{self._instrument.name}: the output stays on")
        finally:
            session.close()

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def _another_session(self) -> Session:
        known = self._instrument
        return Session(self._resource, known.timeout_s, known.ends_with, known.baud, self._backend)

    def _output(self, session: Session) -> bool:
        answer = session.ask(self._instrument.read_output)
        on, off = _matches(self._instrument.is_on, answer), _matches(self._instrument.is_off, answer)
        if on == off:
            self._not_known(answer, self._instrument.read_output)
        return on

    def _see_errors(self, after: str) -> None:
        """Empty the error queue; the first entry is what went wrong."""
        first = ""
        for _ in range(ERRORS + 1):
            answer = self._session.ask(self._instrument.error)
            if _matches(self._instrument.no_error, answer):
                break
            first = first or answer
        if first:
            raise GeneratorError(f"{self._instrument.name}: {after}: it reports {first}")

    def _not_known(self, answer: str, command: str) -> NoReturn:
        raise GeneratorError(f'{self._instrument.name}: "{answer}" is no answer to {command} that its file knows')


def _matches(pattern: re.Pattern[str], answer: str) -> bool:
    return pattern.fullmatch(answer) is not None
