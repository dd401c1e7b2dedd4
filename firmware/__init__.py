"""The firmware sources, as package data for `sonofuse flash` and the rig; never flashed itself."""
