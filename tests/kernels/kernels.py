"""Every implementation of the kernel behind one call: a batch in, the state after every tick out."""

import ctypes
import os
import subprocess
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sonofuse.layout import FIRMWARE, K
from sonofuse.twin import plain_twin
from sonofuse_core.checker import Checker
from tests.vm import program

from .batches import Batch, Words
from .reference import Reference

DRIVER = Path(__file__).with_name("vm_driver.py")
Tick = Callable[[Any, Any, Any], int]


def run_reference(batch: Batch) -> Words:
    """The states of the reference, shape (episodes, ticks, state words)."""
    reference = Reference(batch.limits)
    states = np.empty((*batch.inputs.shape[:2], batch.starts.shape[1]), np.int32)
    for episode, start in enumerate(batch.starts):
        reference.load(start.tolist())
        for tick, inputs in enumerate(batch.inputs[episode].tolist()):
            cause = reference.tick(inputs)
            states[episode, tick] = array("i", reference.state_words())
            assert cause == states[episode, tick, K.S_CAUSE]
    return states


def run_checker(batch: Batch) -> Words:
    """The states of the host's Cython kernel."""
    states = np.empty((*batch.inputs.shape[:2], batch.starts.shape[1]), np.int32)
    checker = Checker(batch.limits)
    state, inputs = writable(checker.state), np.asarray(checker.inputs)
    for episode, start in enumerate(batch.starts):
        state[:] = start
        for tick, words in enumerate(batch.inputs[episode]):
            inputs[:] = words
            cause = checker.tick()
            states[episode, tick] = state
            assert cause == state[K.S_CAUSE]
    return states


def writable(state: "memoryview[int]") -> Words:
    """The state of a checker, read-only by design, through its address: only a test may start in the middle."""
    address = np.asarray(state).ctypes.data
    return np.ctypeslib.as_array((ctypes.c_int32 * len(state)).from_address(address))


def run_vm(batch: Batch, kernel_folder: Path = FIRMWARE) -> Words:
    """The states of a `kernel.py` on the real MicroPython VM."""
    covered = 4 * int(np.frombuffer(batch.limits, "<i4", K.H_WORDS + 1)[K.H_WORDS])
    episodes, ticks, input_words = batch.inputs.shape
    header = np.array([covered // 4 + 1, episodes, ticks, input_words, batch.starts.shape[1]], np.int32)
    flat = np.concatenate([batch.starts, batch.inputs.reshape(episodes, -1)], axis=1)
    ran = subprocess.run(
        [program("micropython"), str(DRIVER)],
        input=header.tobytes() + batch.limits[: covered + 4] + flat.tobytes(),
        capture_output=True,
        env=os.environ | {"MICROPYPATH": str(kernel_folder)},
        check=False,
    )
    assert ran.returncode == 0, (ran.stdout[-2000:] + ran.stderr).decode(errors="replace")
    words = np.frombuffer(ran.stdout, np.int32)
    assert words[-1] == 0, f"{words[-1]} results of tick() differ from S_CAUSE"
    return words[:-1].reshape(episodes, ticks, -1)


def run_twin(batch: Batch, tick: Tick | None = None) -> Words:
    """The states of the plain twin of the firmware's kernel, under CPython."""
    tick = tick or compiled_twin()
    covered = 4 * int(np.frombuffer(batch.limits, "<i4", K.H_WORDS + 1)[K.H_WORDS])
    limits = array("i", batch.limits[: covered + 4])
    states = np.empty((*batch.inputs.shape[:2], batch.starts.shape[1]), np.int32)
    for episode, start in enumerate(batch.starts):
        state = array("i", start.tobytes())
        for number, words in enumerate(batch.inputs[episode]):
            cause = tick(limits, state, array("i", words.tobytes()))
            states[episode, number] = state
            assert cause == state[K.S_CAUSE]
    return states


def compiled_twin(source: str | None = None) -> Tick:
    """The tick of a kernel source (default: the firmware's) as a plain Python function."""
    text = (FIRMWARE / "kernel.py").read_text(encoding="utf-8") if source is None else source
    names: dict[str, Any] = {"__name__": "kernel_twin"}
    exec(compile(plain_twin(text), "kernel_twin.py", "exec"), names)  # noqa: S102 (our own source, rewritten)
    tick: Tick = names["tick"]
    return tick


def first_difference(batch: Batch, expected: Words, found: Words) -> str:
    """Where two runs part, in words for a person; empty if nowhere."""
    if np.array_equal(expected, found):
        return ""
    episode, tick, word = (int(i) for i in np.argwhere(expected != found)[0])
    before = batch.starts[episode] if tick == 0 else expected[episode, tick - 1]
    at = K.S_CHANNELS + (word - K.S_CHANNELS) // K.CHANNEL_WORDS * K.CHANNEL_WORDS
    near = before[at : at + K.CHANNEL_WORDS] if word >= K.S_CHANNELS else before[: K.S_CHANNELS]
    return (
        f"episode {episode}, tick {tick}, {word_name(word)}: expected {expected[episode, tick, word]}, found "
        f"{found[episode, tick, word]}; inputs {batch.inputs[episode, tick].tolist()}; before {near.tolist()}"
    )


def word_name(word: int) -> str:
    """The name of a state word."""
    names = {value: name for name, value in vars(K).items() if name.startswith("S_")}
    if word < K.S_CHANNELS:
        return names.get(word, f"word {word}")
    channel, at = divmod(word - K.S_CHANNELS, K.CHANNEL_WORDS)
    if at >= K.C_RISE:
        return f"channel {channel} C_RISE[{at - K.C_RISE}]"
    if at >= K.C_COUNT:
        return f"channel {channel} C_COUNT[{at - K.C_COUNT}]"
    fields = {value: name for name, value in vars(K).items() if name.startswith("C_")}
    return f"channel {channel} {fields.get(at, f'word {at}')}"
