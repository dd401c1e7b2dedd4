"""The firmware image: what is written into a device's file system, how it is built, and how it gets there."""
