"""Tools of pyserial."""
