"""The few words that a person writes into a session, and their forms: none of them has room for who a patient is."""

import re

_WHO = re.compile(r"[A-Z]{2,4}(/[A-Z]{2,12})?")
_DEVICE = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
_RECORDING = re.compile(r"[A-Za-z0-9_.:+-]{1,128}")
_IDENTITY = re.compile(r"\d{6,}|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
LONGEST = 200


def who(text: str) -> str:
    """Initials of staff, with or without a role: "MK" or "MK/ENG".

    Raises:
        ValueError: if it is anything else.
    """
    if not _WHO.fullmatch(text):
        raise ValueError(f'who {text!r}: write two to four initials in capitals, and a role if you like: "MK/ENG"')
    return text


def why(text: str) -> str:
    """A reason in one line.

    Raises:
        ValueError: if it is empty or too long, or holds a date or a long number, which may say who a patient is.
    """
    line = text.strip()
    if not 3 <= len(line) <= LONGEST or not line.isprintable():
        raise ValueError(f"why: write one line of 3 to {LONGEST} characters")
    if found := _IDENTITY.search(line):
        raise ValueError(f"why: {found[0]!r} may say who the patient is; leave dates and long numbers out")
    return line


def device(text: str) -> str:
    """What a device calls itself.

    Raises:
        ValueError: if it is not 1 to 64 letters, digits and . : + - _
    """
    if not _DEVICE.fullmatch(text):
        raise ValueError(f"device {text!r}: 1 to 64 letters, digits and . : + - _")
    return text


def recording(text: str) -> str:
    """The name of a recording, without its folder, which may say who somebody is. "" where nothing is recorded.

    Raises:
        ValueError: if it is not at most 128 letters, digits and . : + - _
    """
    if text and not _RECORDING.fullmatch(text):
        raise ValueError(f"recording {text!r}: a file name of at most 128 letters, digits and . : + - _, no folder")
    return text
