"""Names of treatments and sonications: the pseudonym, then numbers, so that a typo in one finds no other patient."""

from sonofuse.console import BAD_INPUT, CommandError

from . import pseudonym

_PARTS = ("a patient, P-7K3M-Q2", "a treatment, P-7K3M-Q2/1", "a sonication, P-7K3M-Q2/1/3")


def read_name(text: str, *lengths: int) -> tuple[str, tuple[int, ...]]:
    """Pseudonym and numbers of a name with one of these numbers of parts: 1 a patient, 2 a treatment, 3 a sonication.

    Raises:
        CommandError: if it is none of those.
    """
    code, *rest = text.strip().split("/")
    accepted = " or ".join(_PARTS[length - 1] for length in lengths)
    if len(rest) + 1 not in lengths or not all(part.isascii() and part.isdecimal() for part in rest):
        raise CommandError(BAD_INPUT, f"{text!r} is not named right; write {accepted}")
    try:
        return pseudonym.read(code), tuple(int(part[:9]) for part in rest)
    except ValueError as error:
        raise CommandError(BAD_INPUT, str(error)) from error
