"""Which commit the installed firmware sources are."""

import subprocess

from sonofuse.layout import FIRMWARE


def commit() -> str:
    """The commit of the firmware's sources, "+" behind it if they have been changed since; "" if it is not known."""
    loader = str(FIRMWARE / "main.py")
    if _git("ls-files", "--error-unmatch", loader) is None:  # a copy that happens to lie in somebody's repository
        return ""
    head = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--", str(FIRMWARE))
    return "" if head is None or changed is None else head + "+" * bool(changed)


def _git(*arguments: str) -> str | None:
    try:
        ran = subprocess.run(["git", "-C", str(FIRMWARE), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None  # no git here
    return ran.stdout.strip() if ran.returncode == 0 else None
