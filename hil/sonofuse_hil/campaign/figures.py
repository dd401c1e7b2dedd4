"""The figure of a campaign's page: how long the permit took, as a share of what was allowed, per guarantee."""

# The stubs of matplotlib leave most of its methods partially unknown to pyright.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Sheet

from ..report.svg import BLUE, INK, RED, SOFT, element, style
from .rows import Row

_BINS = 50  # of a bound
_MOST = 1.1  # bounds shown


def reactions(guarantees: Sequence[str], rows: Sequence[Row]) -> str:
    """A histogram for each guarantee as SVG, "" if nothing was timed."""
    shares = {
        name: [row["reaction_us"] / row["bound_us"] for row in rows if row["guarantee"] == name and row["bound_us"]]
        for name in guarantees
    }
    shown = [name for name in guarantees if shares[name]]
    if not shown:
        return ""
    with mpl.rc_context(style("campaign reactions")):
        sheet = Sheet(figsize=(9.6, 0.75 * len(shown) + 0.65))
        axes: Any = sheet.subplots(len(shown), 1, sharex=True, squeeze=False)
        sheet.subplots_adjust(left=0.1, right=0.985, top=0.94, bottom=0.5 / (0.75 * len(shown) + 0.65), hspace=0.3)
        for ax, name in zip(axes[:, 0], shown, strict=True):
            clipped = [min(max(share, 0.0), _MOST - 1e-6) for share in shares[name]]
            ax.hist(clipped, bins=round(_MOST * _BINS), range=(0.0, _MOST), color=BLUE)
            ax.axvline(1.0, color=RED, lw=1.1, ls=(0, (5, 2)))
            ax.set(xlim=(0.0, _MOST), yticks=[])
            ax.set_ylabel(f"{name}\n{len(clipped)}", rotation=0, ha="right", va="center", color=INK)
            ax.spines["left"].set_color(SOFT)
        axes[-1, 0].set_xlabel("time until the permit was low, as a share of the bound (red)")
        return element(sheet, f"Reaction time of {', '.join(shown)} as a share of the bound")
