"""The page that an engineer has open during a run: `serve` draws Views and calls a Console (docs/dashboard.md)."""

from collections.abc import Callable, Sequence

from sonofuse.console import ENVIRONMENT, CommandError
from sonofuse.live.view import Console, View

HOST, PORT = "127.0.0.1", 8765


def serve(
    source: Callable[[], View],
    console: Console,
    *,
    host: str = HOST,
    port: int = PORT,
    code: str = "",
    extra_panels: Sequence[Callable[[], None]] = (),
    set_point: tuple[float, float] | None = None,
    ready: Callable[[str, str], None] | None = None,
) -> None:
    """Serve the page until Ctrl-C or SIGTERM; once per process, from its main thread.

    Args:
        source: gives the newest View, at once, and is asked 20 times a second.
        console: what the buttons call; all but `stop` beside the event loop.
        host: address to bind. Any but a loopback address demands an access code.
        port: TCP port; 0 takes a free one.
        code: access code; where one is needed and none is given it is made up. STOP works without.
        extra_panels: each draws NiceGUI elements into a card of its own, below the controls.
        set_point: power in W and duration in s that stand in the fields where no session plans any.
        ready: told the page's address and its access code ("" for none) when it can be opened; default: says so
            on stderr.

    Raises:
        CommandError: if NiceGUI is missing, the address cannot be bound, or the code is too short.
    """
    try:
        from sonofuse.live.dashboard.server import Dashboard
    except ModuleNotFoundError as missing:
        text = f'the page needs NiceGUI (no module {missing.name}): pip install "sonofuse[live]"'
        raise CommandError(ENVIRONMENT, text) from missing
    Dashboard(source, console, host, port, code, extra_panels, set_point).run(ready)
