"""mpremote: only its transport over a serial port is used."""
