"""Where a sonication goes: a bone and its side, out of a fixed list.

The list is fixed because energy and dose of a region add up over treatments: with free names a typo would open a new
budget, and a name could say who the patient is.
"""

from sonofuse.spelling import did_you_mean

_SINGLE = ("manubrium", "sternum", "sacrum", "coccyx", "phantom")  # phantom: what stands on a bench
_PAIRED = (
    "clavicle", "scapula", "humerus", "radius", "ulna", "ilium", "ischium", "pubis", "acetabulum", "femur", "tibia",
    "fibula", *(f"rib_{number}" for number in range(1, 13)),
)  # fmt: skip
_SPINE = (("c", 7), ("t", 12), ("l", 5))

REGIONS = frozenset(
    (
        *_SINGLE,
        *(f"{bone}_{side}" for bone in _PAIRED for side in ("left", "right")),
        *(f"vertebra_{part}{number}" for part, count in _SPINE for number in range(1, count + 1)),
    )
)


def region_problem(name: str) -> str:
    """ "" for a region, else what would be one."""
    if name in REGIONS:
        return ""
    close = did_you_mean(name, REGIONS)
    examples = 'write a bone and its side, such as "ilium_left", "rib_5_right", "vertebra_l3", "sacrum" or "phantom"'
    return close if close.startswith("did") else examples
