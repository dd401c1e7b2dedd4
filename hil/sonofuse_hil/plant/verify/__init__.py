"""The plant's verification: one declared list of cases, each with its figure and tolerance (`make verify-plant`)."""

from .case import Case as Case
from .case import Curve as Curve
from .case import Found as Found
from .case import Plot as Plot
from .closed import CLOSED
from .compared import COMPARED
from .converged import CONVERGED
from .parameters import PARAMETERS

CASES: tuple[Case, ...] = (*CLOSED, *CONVERGED, *COMPARED, *PARAMETERS)
