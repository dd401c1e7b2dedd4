"""What all transports of mpremote share."""

class TransportError(Exception): ...

class TransportExecError(TransportError):
    """The board has raised; its traceback."""

    error_output: str
