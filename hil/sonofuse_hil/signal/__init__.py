"""Firmware of the signal board: a second Pico that feeds a monitor its signals and stamps its permit (MicroPython).

Nothing here runs on the host; `sonofuse_hil.platforms.board` talks to it, and its `install` says what goes on the Pico.
"""
