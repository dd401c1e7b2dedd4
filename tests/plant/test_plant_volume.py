"""The full solver: what it conserves and refuses to blow up on, and that it meets the plant where both are the same."""

import numpy as np
import pytest

from sonofuse_hil.plant import LayeredPlant, beam
from sonofuse_hil.plant.response import moved, response
from sonofuse_hil.plant.tissue import STANDARD, Anatomy
from sonofuse_hil.plant.volume import Volume


def standard(**more):
    return Volume(STANDARD.layers, STANDARD.cooling_w_m2_k, **more)


def test_all_power_of_the_beam_is_there():
    """Rings take the mean of the Gaussian: their sum is the power that the layers absorb, to rounding."""
    volume = standard(radial=24)
    heat = beam.on_bone(STANDARD, volume.cells)
    given = volume.total(volume.beam(heat))
    assert given == pytest.approx(float(heat.per_m @ volume.cells.size_m), rel=1e-6)


@pytest.mark.parametrize("dt_s", [0.01, 1.0, 100.0, 1e4])
def test_no_step_is_too_long(dt_s):
    """Without a source no rise may grow, however long the step and however rough the start."""
    volume = standard(radial=32)
    rough = np.random.default_rng(7).normal(size=volume.rise.shape)
    volume.rise = rough.copy()

    def size():
        return volume.total(volume.cells.rho_c[:, np.newaxis] * volume.rise**2)

    first = size()
    volume.run(np.zeros_like(rough), 200 * dt_s, dt_s)
    assert size() <= first


def test_the_first_steps_damp_what_the_others_ring_with():
    """A jump in one cell, three steps far longer than its time: without the start most of it rings on."""

    def left(start):
        volume = standard(radial=32)
        volume.rise[0, 0] = 1.0
        volume.run(np.zeros_like(volume.rise), 300.0, 100.0, start=start)
        return float(np.max(np.abs(volume.rise)))

    assert left(True) < 1e-5
    assert left(False) > 0.1


def test_place_between_rings_is_read_on_a_parabola():
    volume = standard(radial=32)
    row = 3.0 - 2e4 * volume.square_m2
    for radius_m in (0.0, 1e-4, 2e-3, 3e-2):
        assert volume.at(row, radius_m) == pytest.approx(3.0 - 2e4 * radius_m**2)


def test_a_focus_that_has_not_moved_is_the_planned_one():
    assert moved(STANDARD, 0.0, 0.0) == pytest.approx(response(STANDARD).weights[:, 0], abs=1e-12)


@pytest.mark.parametrize("aim", [(5.0, 0.0), (-12.0, 4.0), (20.0, -25.0), (-20.0, 30.0)])
def test_wavenumbers_grow_with_the_distance_of_the_focus(aim):
    """Ten times as many change nothing (1 mK at 40 W for 20 s)."""
    rates = response(STANDARD).rates
    grown = -np.expm1(-rates * 20.0) / rates
    assert np.max(np.abs((moved(STANDARD, *aim) - moved(STANDARD, *aim, 320)) @ grown)) * 40.0 < 1e-3


def test_what_was_heated_before_a_move_stays_where_it_was():
    """Moved without power, the focus changes nothing; back again, it is as if it had never moved."""
    still, roaming = LayeredPlant(), LayeredPlant()
    for plant in (still, roaming):
        plant.set_power(40.0)
        plant.advance_to(5.0)
        plant.set_power(0.0)
    roaming.set_focus(10.0, -5.0)
    for plant in (still, roaming):
        plant.advance_to(9.0)
        plant.set_focus()
        plant.set_power(30.0)
        plant.advance_to(12.0)
    for place in ("skin_a", "fat", "periosteum", "marrow"):
        assert roaming.read(place) == pytest.approx(still.read(place), abs=1e-9)


def test_a_focus_that_moves_aside_heats_the_bone_less():
    plant = LayeredPlant()
    plant.set_power(40.0)
    plant.set_focus(lateral_mm=10.0)
    plant.advance_to(20.0)
    assert plant.read("periosteum") < 45.0  # 69 at the focus


def test_a_shallower_focus_heats_the_fat_more():
    planned, shallow = LayeredPlant(), LayeredPlant()
    shallow.set_focus(deeper_mm=-25.0)
    for plant in (planned, shallow):
        plant.set_power(40.0)
        plant.advance_to(5.0)
    assert shallow.read("fat") > planned.read("fat") + 2.0
    assert shallow.read("periosteum") < planned.read("periosteum")


@pytest.mark.parametrize("aim", [(float("nan"), 0.0), (21.0, 0.0), (0.0, -31.0), (0.0, float("inf"))])
def test_a_focus_out_of_range_is_refused_and_changes_nothing(aim):
    plant = LayeredPlant()
    plant.set_power(40.0)
    with pytest.raises(ValueError, match="focus"):
        plant.set_focus(*aim)
    plant.advance_to(5.0)
    other = LayeredPlant()
    other.set_power(40.0)
    other.advance_to(5.0)
    assert plant.read("periosteum") == other.read("periosteum")


def test_shear_wave_leaves_its_heat_at_the_surface_of_the_bone():
    """By hand: half of what enters 5 mm of bone, 26.6 dB/cm, all of it heat; the other half as before."""
    cells = Volume(STANDARD.layers, 0.0, radial=4).cells
    bone = cells.layer == 3
    whole = beam.absorbed(STANDARD, cells) * cells.size_m
    half = beam.absorbed(Anatomy(shear_share=0.5), cells) * cells.size_m
    entering = 10 ** (-(0.40 * 0.2 + 0.63 * 1.0 + 0.96 * 3.8) / 10) * (1 - ((6.50 - 1.68) / (6.50 + 1.68)) ** 2)
    shear = 0.5 * entering * (1 - 10 ** (-26.6 * 0.5 / 10))
    assert float(np.sum(half[bone])) == pytest.approx(float(np.sum(whole[bone])) / 2 + shear, rel=1e-9)
    assert half[cells.layer == 4] == pytest.approx(whole[cells.layer == 4] / 2)
    assert half[cells.layer < 3] == pytest.approx(whole[cells.layer < 3])
