"""Reports: runs as one HTML page with curves, for people (`case`, `page`; `curves` needs matplotlib)."""
