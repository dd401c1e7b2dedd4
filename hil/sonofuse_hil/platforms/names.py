"""What `--on` calls the platforms; a module of its own, so that options can be declared without loading any."""

UNIX, RP2040, BOARD = "unix", "rp2040", "board"
PLATFORMS = (UNIX, RP2040, BOARD)
