"""How late the watcher is: how long from what has come to its receipt, and how long it stood still at most."""

_EVERY_NS = 10_000_000_000


class Timing:
    """Takes the times of each pass; every ten seconds a summary. Times in ns of one clock."""

    def __init__(self, now: int) -> None:
        self._began, self._last = now, now
        self._answers: list[int] = []
        self._longest = 0

    def passed(self, began: int, done: int, heard: bool) -> dict[str, object] | None:
        """A pass from `began` to `done`; `heard` if something had come. The summary, if it is due: in µs, the time
        from what had come to its receipt on the line, and in ms, the longest from one pass to the next."""
        self._longest = max(self._longest, began - self._last)
        self._last = began
        if heard:
            self._answers.append(done - began)
        if done - self._began < _EVERY_NS:
            return None
        found = sorted(self._answers) or [0]
        summary: dict[str, object] = {
            "what": "timing",
            "answers": len(self._answers),
            "median_us": found[len(found) // 2] // 1000,
            "most_of_99_percent_us": found[len(found) * 99 // 100] // 1000,
            "most_us": found[-1] // 1000,
            "stood_still_ms": self._longest // 1_000_000,
        }
        self._began, self._longest = done, 0
        self._answers.clear()
        return summary
