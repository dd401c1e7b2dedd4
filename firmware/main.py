"""The loader: chooses the set of files that runs. The installer writes its last line.

A device holds two sets, /a and /b. The last line names the one that runs, so that replacing this file, which the file
system does in one step, changes loader and set together. Before anything of a set is read the service jumper is looked
at: no damage to a set can keep the REPL closed.
"""

import sys

import micropython


def begin(folder: "str | None", service: int) -> None:
    """Start the set in `folder` unless the jumper at pin `service` is closed.

    None is the current folder, where a set lies flat; its own start looks at the jumper, and `service` is -1.
    """
    micropython.kbd_intr(-1)  # the REPL, if it comes to that, hears Ctrl-C again by itself
    if folder is not None:
        from machine import Pin

        if not Pin(service, Pin.IN, Pin.PULL_UP)():
            return  # the interpreter goes on to its REPL
        sys.path[:] = [folder, ".frozen"]  # nothing outside of the set can take the place of a module
    import start

    start.main(folder)


begin(None, -1)
