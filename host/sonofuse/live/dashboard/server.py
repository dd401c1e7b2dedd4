"""The server of the page: NiceGUI behind the gate, on one socket, until it is told to end."""

import asyncio
import errno
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError
from sonofuse.live.alert import Alert
from sonofuse.live.dashboard import access, page
from sonofuse.live.dashboard.controls import Seen
from sonofuse.live.dashboard.feed import Feed
from sonofuse.live.dashboard.gate import Gate, is_loopback
from sonofuse.live.dashboard.routes import routes
from sonofuse.live.sight import Watching
from sonofuse.live.view import Console, View

_ELSEWHERE = ("192.0.2.1", 9)  # an address that is nobody's (RFC 5737)
_LEAVING_S = 1  # for browsers when the server ends


class Dashboard:
    """One page on one address; the arguments are those of `sonofuse.live.dashboard.serve`. Only one per process.

    Raises:
        CommandError: if the address cannot be bound, or the code is too short.
    """

    def __init__(
        self,
        source: Callable[[], View],
        console: Console,
        host: str,
        port: int,
        code: str,
        extra_panels: Sequence[Callable[[], None]],
        set_point: tuple[float, float] | None = None,
    ) -> None:
        self._socket = _bound(host, port)
        bound, self._port = self._socket.getsockname()[:2]
        try:
            self.code = access.chosen(code, is_loopback(bound))
        except CommandError:
            self._socket.close()
            raise
        self.address = _address(bound, self._port)
        self._alert = Alert(time.monotonic())
        self._feed = Feed(Watching(source), self._alert)
        self._server = self._built(console, extra_panels, set_point)

    def run(self, ready: Callable[[str, str], None] | None = None) -> None:
        """Serve until `close`, Ctrl-C or SIGTERM."""
        (ready or _announce)(self.address, self.code)
        with self._socket:
            self._server.run(sockets=[self._socket])

    def close(self) -> None:
        """End `run`; from any thread."""
        self._server.should_exit = True

    def _built(
        self,
        console: Console,
        extra_panels: Sequence[Callable[[], None]],
        set_point: tuple[float, float] | None,
    ) -> uvicorn.Server:
        entrance = access.Access(self.code)

        @asynccontextmanager
        async def living(_app: FastAPI) -> AsyncGenerator[None]:
            feeding = asyncio.create_task(self._feed.run())
            yield
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding

        app = FastAPI(
            lifespan=living,
            routes=routes(self._feed, console, entrance, self._port),
            openapi_url=None,
        )
        seen = Seen(lambda: self._feed.sight, lambda: self._feed.notice, self._alert)
        page.declare(console, seen, extra_panels, set_point)
        ui.run_with(  # pyright: ignore[reportUnknownMemberType] - some of its callables have no types
            app,
            title="sonofuse",
            favicon=page.ICON,
            dark=True,
            tailwind=False,
            binding_refresh_interval=None,
            gzip_middleware_factory=None,  # compressing 3 MB holds up the loop, and with it every picture
            show_welcome_message=False,
        )
        config = uvicorn.Config(
            Gate(app, entrance, self._port),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whoever asks is whoever is connected
            timeout_graceful_shutdown=_LEAVING_S,
            ws_max_size=1 << 20,
        )
        return uvicorn.Server(config)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
    except (OSError, OverflowError) as error:
        raise CommandError(BAD_INPUT, f"{host}: not an address of this machine ({error})") from error
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen()
    except (OSError, OverflowError) as error:
        bound.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            text = (
                f"port {port} of {host} is taken, perhaps by another monitor: end it, or name another with --http-port"
            )
            raise CommandError(ENVIRONMENT, text) from error
        why = getattr(error, "strerror", None) or str(error)
        text = f"{host} port {port}: cannot listen there ({why}); name another with --bind or --http-port"
        raise CommandError(BAD_INPUT, text) from error
    return bound


def _address(bound: str, port: int) -> str:
    """What a browser opens; of a server on all addresses, the one by which other machines reach this one."""
    if bound in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            try:
                way.connect(_ELSEWHERE)  # sends nothing
                bound = way.getsockname()[0]
            except OSError:
                bound = "127.0.0.1"  # there is no network
    return f"http://[{bound}]:{port}" if ":" in bound else f"http://{bound}:{port}"


def _announce(address: str, code: str) -> None:
    print(f"monitor at {address}" + (f", access code {code}" if code else ""), file=sys.stderr, flush=True)
