"""A monitor, the clocks of its computer, and a person beside it."""

from pathlib import Path

from sonofuse.live.sessions import FINISHED, Sessions, history, planning
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import Patient, Step

from .bench import DEVICE, WHO, Clocks, doses, limits, plan

OTHER = Step("femur_right", 50.0, 10.0)


class Desk:
    """A monitor, the clocks of its computer, and a second connection for what people do beside it."""

    def __init__(self, path: Path) -> None:
        self.path, self.clocks = path, Clocks()
        self.monitor = Sessions(path, limits(), self.clocks.now())
        self.beside = Database(path)

    def close(self) -> None:
        self.beside.close()
        self.monitor.close()

    def start_again(self) -> None:
        """The monitor dies and another one is started. Nothing is written at the end of a process."""
        self.monitor.close()
        self.monitor = Sessions(self.path, limits(), self.clocks.now())

    def new(self, *steps: Step, patient: str | None = None, **more: object) -> str:
        asked = plan(*steps, **more)  # type: ignore[arg-type]
        name = planning.new_treatment(self.beside, self.clocks.now(), WHO, asked, limits(), patient)
        self.monitor.choose(name)
        return name

    def why(self) -> str:
        return self.monitor.inhibited(self.clocks.now())

    def begin(self, set_w: float = 40.0, set_s: float = 20.0) -> str:
        return self.monitor.begin(self.clocks.now(), set_w, set_s, DEVICE, "run.mcap")

    def end(self, energy_j: float | None = 790.0, skin_a: float = 0.1) -> None:
        self.clocks.pass_s(20)
        self.monitor.end(self.clocks.now(), FINISHED, energy_j, doses(skin_a))

    def sonicate(self, **end: float) -> None:
        self.clocks.pass_s(61)
        self.begin()
        self.end(**end)

    def patient(self) -> Patient:
        with self.beside.reading() as connection:
            (found,) = history.patients(connection)
        return found
