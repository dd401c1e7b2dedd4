"""What the cases of the catalogue have shown, as one file that is kept beside the code, a part of it for each tier."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from sonofuse.console import ENVIRONMENT, CommandError
from sonofuse.limits.commands import write_atomically

from ..results import firmware_digest
from .judged import Seen


@dataclass(frozen=True)
class Shown:
    """A case as it was seen; times in µs, None where nothing is counted or allowed; `wrong`: why it is not as declared,
    "" if it is."""

    case: str
    expected: str
    status: str
    seen: str
    reaction_us: int | None
    bound_us: int | None
    wrong: str

    @property
    def margin_us(self) -> int | None:
        """What of the bound was left."""
        if self.bound_us is None or self.reaction_us is None:
            return None
        return self.bound_us - self.reaction_us


def shown(seen: Seen) -> Shown:
    """What is kept of a case that was carried out."""
    case = seen.case
    return Shown(case.label, case.text, seen.status, seen.text, seen.reaction_us, seen.bound_us, seen.wrong)


@dataclass(frozen=True)
class Tier:
    """All that one tier has shown: the cases by their label, the firmware, and what ran it."""

    firmware_sha256: str
    ran: Mapping[str, str]
    cases: Mapping[str, Shown]


def keep(path: Path, tier: str, ran: Mapping[str, str], cases: Sequence[Shown]) -> None:
    """Put what a tier has shown in the place of what it has shown before; other tiers stay.

    Raises:
        CommandError: if the file is there but cannot be read, or it cannot be written.
    """
    tiers = read(path) if path.exists() else {}
    tiers[tier] = Tier(firmware_digest(), ran, {case.case: case for case in cases})
    document = {
        name: {
            "firmware_sha256": kept.firmware_sha256,
            "ran": dict(kept.ran),
            "cases": [asdict(case) for case in kept.cases.values()],
        }
        for name, kept in sorted(tiers.items(), reverse=True)  # software, hardware, emulated chip
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise CommandError(ENVIRONMENT, f"{path}: cannot be written ({error.strerror})") from error


def read(path: Path) -> dict[str, Tier]:
    """What `keep` has kept, by tier.

    Raises:
        CommandError: if the file cannot be read, or is not one of these.
    """
    try:
        document = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
        return {
            name: Tier(kept["firmware_sha256"], kept["ran"], {case["case"]: Shown(**case) for case in kept["cases"]})
            for name, kept in document.items()
        }
    except OSError as error:
        raise CommandError(ENVIRONMENT, f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(ENVIRONMENT, f"{path}: not what sonofuse hil faults has written; remove it") from error
