"""The plot of a case as SVG for the report."""

# The stubs of matplotlib leave most of its methods partially unknown to pyright.
# pyright: reportUnknownMemberType=false
import matplotlib as mpl
from matplotlib.figure import Figure as Sheet

from ...report.svg import BLUE, GREEN, INK, ORANGE, PURPLE, RED, element, style
from .case import Plot

_COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, INK)


def figure(name: str, what: str, plot: Plot) -> str:
    """One plot, the same bytes for the same data; dots without a label take the colour of the line before."""
    with mpl.rc_context(style(f"plant {name}")):
        sheet = Sheet(figsize=(9.6, 3.4))
        axes = sheet.subplots()
        sheet.subplots_adjust(left=0.09, right=0.985, top=0.97, bottom=0.155)
        lines = 0
        for curve in plot.curves:
            if curve.label or not curve.points:
                lines += 1
            colour = _COLOURS[(lines - 1) % len(_COLOURS)]
            if curve.points:
                axes.plot(curve.x, curve.y, ls="", marker="o", ms=4.5, mfc="white", color=colour, label=curve.label)
            else:
                axes.plot(curve.x, curve.y, color=colour, label=curve.label, marker="." if plot.logs else "")
        if plot.logs:
            axes.set(xscale="log", yscale="log")
        axes.set(xlabel=plot.x, ylabel=plot.y)
        axes.grid()
        axes.set_axisbelow(True)
        axes.legend(frameon=False)
        return element(sheet, what)
