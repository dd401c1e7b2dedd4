"""OpenLIFU through its own openlifu-sdk: a transmitter that is triggered, and a console that makes its high voltage.

Written against openlifu-sdk 2.0.14. The SDK keeps no set point that could be read back: what is compared is the
voltage that the console measures, so the rail is up from the set point on, and the trigger is the output.
"""

import importlib
import logging
import math
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from sonofuse.live.generators.generator import GeneratorError
from sonofuse.live.generators.lifu_file import LifuFile

ANSWER_S = 0.25  # of the SDK's 2 s for a round trip that takes less than 1 ms by its own account (LIFUConfig.py)
HIGH_VOLTAGE_S = 2.0  # D: for the rail to be switched; the SDK waits 30 s
TRIES = 2  # the SDK sends a command that is not answered once more (component.py)
SETTLE_S = 5.0  # until the rail has the voltage that was set (LIFUConfig.py, SETTLE_TIME_HV_ON)
RUNNING, STOPPED = "RUNNING", "STOPPED"

Answer = TypeVar("Answer")


class Transmitter(Protocol):
    """What is used of the SDK's TxDevice."""

    def get_hardware_id(self) -> str: ...
    def start_trigger(self) -> object: ...
    def stop_trigger(self) -> object: ...
    def get_trigger_json(self) -> Mapping[str, Any]: ...


class Console(Protocol):
    """What is used of the SDK's HVController."""

    def set_voltage(self, voltage: float) -> object: ...
    def get_voltage(self) -> float: ...
    def turn_hv_on(self, timeout: float = ...) -> object: ...
    def turn_hv_off(self, timeout: float = ...) -> object: ...


class Interface(Protocol):
    """What is used of the SDK's LIFUInterface, or of its simulation."""

    txdevice: Transmitter
    hvcontroller: Console

    def is_device_connected(self) -> tuple[bool, bool]: ...
    def check_solution(self, solution: dict[str, Any]) -> None: ...
    def set_solution(self, solution: dict[str, Any]) -> object: ...
    def close(self) -> None: ...


class OpenLifuGenerator:
    """An OpenLIFU system with the solution of its file loaded."""

    def __init__(self, file: LifuFile, interface: Interface, patience: Mapping[str, float]) -> None:
        """Take over a connected interface; `patience` are the time-outs that its high voltage takes as arguments.

        Raises:
            GeneratorError: if something is not connected, is another device, or refuses the solution.
        """
        self._file, self._interface, self._patience = file, interface, dict(patience)
        # The SDK throws away what a port has received when it sends: one call at a time for each of the two.
        self._transmitter_turn, self._console_turn = threading.Lock(), threading.Lock()
        try:
            there = zip(("transmitter", "console"), interface.is_device_connected(), strict=True)
            missing = [name for name, connected in there if not connected]
            if missing:
                raise GeneratorError(f"OpenLIFU: no {' and no '.join(missing)} on any USB port; plug in, power on")
            self._identity = _told("hardware id", interface.txdevice.get_hardware_id)
            if file.transmitter and self._identity != file.transmitter:
                raise GeneratorError(f"OpenLIFU: the transmitter is {self._identity}, not {file.transmitter}")
            self.off()
            _told("load the solution", lambda: interface.set_solution(file.with_voltage(file.lowest_v)))
        except GeneratorError:
            self.close()
            raise

    @property
    def identity(self) -> str:
        """The transmitter's hardware id."""
        return f"OpenLIFU {self._identity}"

    @property
    def timeout_s(self) -> float:
        """Trigger and high voltage, each sent twice."""
        return TRIES * (ANSWER_S + HIGH_VOLTAGE_S)

    @property
    def settle_s(self) -> float:
        """Of the high voltage."""
        return SETTLE_S

    @property
    def tolerance(self) -> float:
        """As the file declares it."""
        return self._file.tolerance

    def set_point(self, watts: float) -> None:
        """Set the voltage for this power, if the SDK allows it for the solution's duty cycle, and bring the rail up.
        Nothing is transmitted without the trigger."""
        file, console = self._file, self._interface.hvcontroller
        volts = math.sqrt(watts / file.watts_per_volt2)
        if not file.lowest_v <= volts <= file.highest_v:
            raise GeneratorError(
                f"OpenLIFU: {watts:g} W needs {volts:.4g} V, which is not from {file.lowest_v:g} to {file.highest_v:g}"
            )
        with self._console_turn:
            _told("check the solution", lambda: self._interface.check_solution(file.with_voltage(volts)))
            _told("set the voltage", lambda: console.set_voltage(volts))
            _told("high voltage on", lambda: console.turn_hv_on(**self._patience))

    def read_set_point(self) -> float:
        """The power that belongs to the voltage on the rail, W."""
        with self._console_turn:
            volts = _told("read the voltage", self._interface.hvcontroller.get_voltage)
        return self._file.watts_per_volt2 * volts**2

    def on(self) -> None:
        """Start the trigger."""
        with self._transmitter_turn:
            _told("start the trigger", self._interface.txdevice.start_trigger)

    def off(self) -> None:
        """Stop the trigger, then take the high voltage away, whether or not that worked."""
        try:
            with self._transmitter_turn:
                self._stop()
        finally:
            with self._console_turn:
                self._high_voltage_off()

    def read_output(self) -> bool:
        """Whether the trigger runs."""
        with self._transmitter_turn:
            return self._runs()

    def abort(self) -> None:
        """Stop the trigger; if the transmitter does not answer, or another call waits for it, take the high voltage
        away: the console has a port of its own. If that is waited for as well, nothing is left to do."""
        failure = "another call waits for the transmitter"
        if self._transmitter_turn.acquire(timeout=ANSWER_S):
            try:
                self._stop()
                failure = "the trigger does not stop" if self._runs() else ""
            except GeneratorError as error:
                failure = str(error)
            finally:
                self._transmitter_turn.release()
        if not failure:
            return
        if not self._console_turn.acquire(timeout=ANSWER_S):
            raise GeneratorError(f"OpenLIFU: {failure}, and another call waits for the console")
        try:
            self._high_voltage_off()
        finally:
            self._console_turn.release()
        raise GeneratorError(f"OpenLIFU: {failure}; its high voltage was taken away")

    def close(self) -> None:
        """Give both ports back."""
        _told("close", self._interface.close)

    def _stop(self) -> None:
        _told("stop the trigger", self._interface.txdevice.stop_trigger)

    def _runs(self) -> bool:
        status = str(_told("read the trigger", self._interface.txdevice.get_trigger_json).get("TriggerStatus")).upper()
        if status not in (RUNNING, STOPPED):
            raise GeneratorError(f'OpenLIFU: its trigger is "{status}", neither running nor stopped')
        return status == RUNNING

    def _high_voltage_off(self) -> None:
        _told("high voltage off", lambda: self._interface.hvcontroller.turn_hv_off(**self._patience))


def connect(file: LifuFile) -> OpenLifuGenerator:
    """The system on this computer's USB.

    Raises:
        GeneratorError: if it is not there, or another program has it.
    """
    sdk = importlib.import_module("openlifu_sdk")
    _quiet()
    made = cast("Interface", _told("connect", lambda: sdk.LIFUInterface(timeout=ANSWER_S)))
    return OpenLifuGenerator(file, made, {"timeout": HIGH_VOLTAGE_S})


def connect_demo(file: LifuFile) -> OpenLifuGenerator:
    """The SDK's own simulation, without hardware. It has no sequence that ends: nobody runs its event loop.

    Raises:
        GeneratorError: if it does not do as the file says.
    """
    simulation = importlib.import_module("openlifu_sdk.ui.simulated_interface")
    _quiet()
    made = simulation.SimulatedLIFUInterface()
    made.hvcontroller.emit_connected()
    made.txdevice.emit_connected()
    return OpenLifuGenerator(file, cast("Interface", made), {})


def _told(doing: str, call: Callable[[], Answer]) -> Answer:
    """What the SDK returns; its errors in one line."""
    try:
        return call()
    except Exception as error:  # its LIFUError, ValueError, and what serial ports raise
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise GeneratorError(f"OpenLIFU: {doing}: {first}") from error


def _quiet() -> None:
    """What the SDK logs comes as an error as well: keep it from the terminal, unless somebody set up logging."""
    logging.getLogger("openlifu_sdk").addHandler(logging.NullHandler())
