"""Pseudonyms of patients: made by chance, never chosen, with a check character, so that a typo finds nobody else."""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRTVWXYZ"
"""31 characters, a prime number of them, without I, L, O, S and U, which look like others."""

_FORM = re.compile(rf"P-([{ALPHABET}]{{4}})-([{ALPHABET}]{{2}})")
_SUM = 13  # what the weighted sum of a right code leaves: P-7K3M-Q2 is one, P-0000-00 is none
_EXAMPLE = "a code such as P-7K3M-Q2, as `sonofuse session list` shows it"


def make() -> str:
    """A new pseudonym, one of 31**5 (29 million), by chance of the operating system."""
    return complete("".join(secrets.choice(ALPHABET) for _ in range(5)))


def complete(characters: str) -> str:
    """The pseudonym of five characters: behind them comes the one that makes the weighted sum right.

    The position is the weight. The weights differ and 31 is prime, so any one wrong character changes the sum, and so
    does any two that are swapped.
    """
    rest = (_SUM - _weighted(characters)) % len(ALPHABET)
    last = ALPHABET[rest * pow(len(characters) + 1, -1, len(ALPHABET)) % len(ALPHABET)]
    return f"P-{characters[:4]}-{characters[4:]}{last}"


def read(text: str) -> str:
    """The pseudonym that a person typed, in capitals.

    Raises:
        ValueError: if it is none: of another form, or mistyped.
    """
    code = text.strip().upper()
    match = _FORM.fullmatch(code)
    if match is None:
        raise ValueError(f"{text!r} is no pseudonym; write {_EXAMPLE} (none can be chosen)")
    if (_weighted(match[1] + match[2]) - _SUM) % len(ALPHABET):
        raise ValueError(f"{text!r} is mistyped: its check character does not fit; write {_EXAMPLE}")
    return code


def _weighted(characters: str) -> int:
    return sum(weight * ALPHABET.index(character) for weight, character in enumerate(characters, 1))
