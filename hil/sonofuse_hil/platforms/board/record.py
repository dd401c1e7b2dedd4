"""The bench's history as the signal board saw it: relays and power by its stamps, not by when the host heard."""

from ...bench import History


class Record:
    """Keeps `history.relays` and `history.watts` true. A bench that is ahead has changes of its own, later ones."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._relays: list[tuple[int, int, bool]] = []
        self._wanted: list[tuple[int, float]] = []  # forward power with the interlock closed

    def wants(self, t_us: int, watts: float) -> None:
        """Forward power, if the interlock lets it through, from a time on."""
        if watts != (self._wanted[-1][1] if self._wanted else 0.0):
            self._wanted.append((t_us, watts))
        self._write()

    def relay(self, t_us: int, switch: int, closed: bool) -> None:
        """A contact of the interlock has moved."""
        self._relays.append((t_us, switch, closed))
        self._relays.sort(key=lambda change: change[0])
        self._write()

    def _write(self) -> None:
        self._history.relays[:] = self._relays
        found: list[tuple[int, float]] = []
        closed, watts, shown = [False, False], 0.0, 0.0
        changes = [(t_us, switch, float(state)) for t_us, switch, state in self._relays]
        changes += [(t_us, -1, value) for t_us, value in self._wanted]
        for t_us, switch, value in sorted(changes, key=lambda change: change[0]):
            if switch < 0:
                watts = value
            else:
                closed[switch] = bool(value)
            now = watts if all(closed) else 0.0
            if now != shown:
                found.append((t_us, now))
                shown = now
        self._history.watts[:] = found
