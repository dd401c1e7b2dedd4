"""Text edits of the shipped limits file, each knowing the line on which it stands."""

from sonofuse.limits import SHIPPED

TEXT = SHIPPED.read_text(encoding="utf-8")


def set_key(section: str, key: str, value: str | None, text: str = TEXT) -> tuple[str, int]:
    """Replace (or, with None, delete) `key = …` in `[section]`; returns the text and the line to be named.

    A key that is not there yet is added below the header. The line of a deleted key is that of its section.
    """
    lines = text.split("\n")
    header = lines.index(f"[{section}]")
    for at in range(header + 1, len(lines)):
        if lines[at].startswith("["):
            break
        if lines[at].startswith(f"{key} ="):
            if value is None:
                del lines[at]
                return "\n".join(lines), header + 1
            lines[at] = f"{key} = {value}"
            return "\n".join(lines), at + 1
    assert value is not None, f"{section} has no {key}"
    lines.insert(header + 1, f"{key} = {value}")
    return "\n".join(lines), header + 2


def drop_section(section: str, text: str = TEXT) -> str:
    """The text without `[section]` and its keys."""
    lines = text.split("\n")
    start = lines.index(f"[{section}]")
    end = next((at for at in range(start + 1, len(lines)) if lines[at].startswith("[")), len(lines))
    return "\n".join(lines[:start] + lines[end:])
