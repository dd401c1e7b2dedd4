"""G3, G4 and G12 on the emulated chip: a host that goes wrong, STOP, and strangers on the line."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sonofuse import link
from sonofuse.layout import K
from sonofuse.limits import compile_limits, load
from sonofuse.link import F
from sonofuse_firmware.checks import CHECKS
from sonofuse_hil import strategies
from sonofuse_hil.faults.floods import FLOODS
from sonofuse_hil.faults.forgeries import FORGERIES, ON_THE_LINE
from sonofuse_hil.guarantees import g03, g12, hosts
from sonofuse_hil.measurement import EMULATED, Measurement
from sonofuse_hil.platforms.rp2040 import link_trials
from sonofuse_hil.strategies import examples

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute

UNSHRUNK = (Phase.explicit, Phase.generate)  # a trial takes seconds
RECEIPT = next(number for number, name, _, _ in CHECKS if name == "receipt")
DELAYS = strategies.moments(1_000, 60_000)
SAFE_KINDS = (F.ARM, F.ACKNOWLEDGE, F.START)  # what would change a device that is SAFE, or nearly
ON_KINDS = (F.ARM, F.START, F.DISARM, F.ACKNOWLEDGE)
FLOODED_US = 300_000  # longer than the receipt timeout


@pytest.fixture(scope="session")
def blob(on_chip):
    return compile_limits(load(on_chip.limits))


def judge(measured, name, found, blob, text):
    measured(g03.unconfirmed(name, found, blob, text))
    measured(g03.not_tripped(found, (RECEIPT,), text))


@pytest.mark.parametrize("kind", hosts.SILENT)
def test_g03_a_host_that_is_gone(on_chip, blob, measured, kind):
    @settings(max_examples=examples(2), phases=UNSHRUNK)
    @given(delay_us=DELAYS)
    def prove(delay_us):
        found = on_chip.on.run(link_trials.host_of, kind, hosts.SILENT[kind], delay_us)
        judge(measured, "host gone", found, blob, f"{kind}, {delay_us} us")
        measured(g03.since("host gone", found, 0, blob, f"{kind}, {delay_us} us"))

    prove()


@pytest.mark.parametrize("lie", [lie for lie in hosts.UNCHECKED if "another treatment" not in lie])
def test_g03_a_thread_that_answers_without_checking(on_chip, blob, measured, lie):
    found = on_chip.on.run(link_trials.host_of, lie, hosts.unchecked(lie, 1, {}), 23_000)
    judge(measured, "host answers without checking", found, blob, lie)


def test_g03_an_echo(on_chip, blob, measured):
    found = on_chip.on.run(link_trials.host_of, "echo", hosts.echoes, 17_000)
    judge(measured, "host answers without checking", found, blob, "echo")


@settings(max_examples=examples(3), phases=UNSHRUNK)
@given(channel=st.integers(0, 11), bit=st.integers(0, 14))
def test_g03_a_bit_of_the_dose(on_chip, blob, measured, channel, bit):
    """It stays, so that the digest must find it within one pass over the state."""
    word = K.S_CHANNELS + K.CHANNEL_WORDS * channel + K.C_DOSE_HI
    found = on_chip.on.run(link_trials.host_of, "wrong bit", hosts.wrong_bit(word, bit), 5_000)
    extra = g03.digest_pass_ticks(blob)
    measured(g03.since("host computes something else, its state", found, extra, blob, f"bit {bit} of word {word}"))


@settings(max_examples=examples(6), phases=UNSHRUNK)
@given(delay_ns=st.integers(0, 40_000_000))
def test_g04_stop(on_chip, measured, delay_ns):
    measured(on_chip.on.run(link_trials.stop_of, delay_ns))


@pytest.mark.parametrize("state", ["SAFE", "ON"])
def test_g12_forged_commands(on_chip, measured, state):
    snapshot, kinds = (on_chip.on, ON_KINDS) if state == "ON" else (on_chip.safe, SAFE_KINDS)
    every = [(name, kinds[number % len(kinds)]) for number, name in enumerate(FORGERIES)]
    found = snapshot.run(link_trials.forged_of, every, 5)
    measured(g12.no_effect("forged commands", found, state, EMULATED))


@pytest.mark.parametrize("forgery", [name for name in FORGERIES if name not in ON_THE_LINE][::5])
def test_g12_a_forged_finish(on_chip, measured, forgery):
    low_us, stopped = on_chip.on.run(link_trials.forged_finish_of, forgery, 3)
    measured(Measurement("G12", "forged FINISH in ON: permit low", low_us, "µs", g12.STOP_US, EMULATED, forgery))
    assert stopped


@pytest.mark.parametrize("kind", FLOODS)
def test_g12_a_flood_that_it_can_hear(on_chip, measured, kind):
    tripped = float(on_chip.on.run(link_trials.flood_of, kind, FLOODED_US, 11))
    measured(Measurement("G12", "flood of 100 frames a second in ON: trips", tripped, "", 0, EMULATED, kind))


def test_g12_every_sealed_command_is_forged_somewhere():
    assert set(ON_KINDS) | set(SAFE_KINDS) | {F.FINISH} >= set(link.SEALED) - {F.SILENCE}
