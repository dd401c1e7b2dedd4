"""The emulated chip: an official MicroPython image and the unmodified firmware on rp2040py, instruction by instruction.

What the emulator gets wrong is put right here, from outside, one file per block; tests/rp2040/test_emulator.py holds
every such fact, so that an upgrade that changes one is noticed. Times are simulated; there is no XIP cache, so they are
regression figures and no measurement of silicon.
"""
