"""What all figures of reports share: colours, letters, and SVG that is the same, byte for byte, for the same data."""

# pyright: reportUnknownMemberType=false
import html
import io
import re
from typing import Any

from matplotlib.figure import Figure as Sheet

# Okabe and Ito's colours: told apart with every kind of colour vision, and in print by their dashes as well.
BLUE, SKY, GREEN, ORANGE, RED, PURPLE, INK, SOFT = (
    "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#9A5C87", "#1d2733", "#8a96a3",
)  # fmt: skip
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # letters stay letters: small, sharp, searchable, in the font of the page
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": "#e4e9ee",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.7,
    "path.simplify": False,
}


def style(salt: str) -> dict[Any, Any]:
    """Settings of matplotlib for one figure; the salt is its name."""
    return {
        **_STYLE,
        "svg.hashsalt": salt,
    }  # names inside an SVG come from the salt: fixed, and another for each figure


def element(sheet: Sheet, label: str) -> str:
    """The sheet as an element for a page: no header, no ids but those that are referred to, and a label for readers."""
    stream = io.StringIO()
    sheet.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    svg = stream.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    referred = set(re.findall(r"#([\w-]+)", svg))
    svg = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in referred else "", svg)
    svg = re.sub(
        r'<svg ([^>]*?)width="[^"]*" height="[^"]*"|<svg ', lambda found: f"<svg {found[1] or ''}", svg, count=1
    )
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" ', 1)
