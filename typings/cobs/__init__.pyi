"""The part of cobs that the host uses; the package itself is not typed."""
