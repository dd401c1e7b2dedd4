"""In front of everything the server answers: for whom it is, from where it comes, and whether it needs the access code.

A page on another host can make a browser send requests here, also under a name that it points at this machine (DNS
rebinding). Both show in the headers Host and Origin, which a page cannot forge.
"""

import time
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sonofuse.live.dashboard.access import Access

OPEN = ("/stop", "/state", "/enter", "/open/")  # what works without the code
CLOSED_PAGE = "/closed"  # shown instead of the page where the code is missing
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Gate:
    """Refuses with one clear line, and forbids browsers to keep, frame or enrich what they get."""

    def __init__(self, app: ASGIApp, access: Access, port: int) -> None:
        self.app = app  # NiceGUI looks for its application by this name
        self._access, self._cookie = access, cookie_name(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        why = refusal(scope["server"], _of(headers, "host"), _of(headers, "origin"), scope["type"] == "websocket")
        if why is None and not self._allowed(scope["path"], _of(headers, "cookie")):
            why = "refused: enter the access code on the page first; only STOP works without"
            if scope["type"] == "http" and scope["path"] == "/":
                why, scope = None, {**scope, "path": CLOSED_PAGE, "raw_path": CLOSED_PAGE.encode()}
        if why is not None:
            await _refuse(scope, send, why)
            return
        host = _of(headers, "host")[0]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*_without_cache(message["headers"]), *_guards(host)]
            await send(message)

        await self.app(scope, receive, guarded)

    def _allowed(self, path: str, cookies: list[str]) -> bool:
        if any(path == one or (one.endswith("/") and path.startswith(one)) for one in OPEN):
            return True
        return self._access.holds(_token(cookies, self._cookie), time.monotonic())


def cookie_name(port: int) -> str:
    """Cookies do not know ports: two monitors of one host must not take each other's session."""
    return f"sonofuse_{port}"


def refusal(server: tuple[str, int], host: list[str], origin: list[str], websocket: bool) -> str | None:
    """Why a request is refused, None if it is for the address that it reached and from a page that was served there.

    Args:
        server: address and port of this end of the connection.
        host: every Host header; there must be one.
        origin: every Origin header; a browser always sends one when it opens a web socket.
    """
    names = _names(*server)
    if len(host) != 1 or host[0].lower() not in names:
        said = ", ".join(host) or "no Host header"
        return f"refused: this is http://{names[0]}, and the request is for {said[:80]}; open http://{names[0]} itself"
    if origin != [f"http://{host[0]}"] and (origin or websocket):
        said = ", ".join(origin) or "no Origin header"
        return f"refused: the request comes from a page of {said[:80]}; open http://{names[0]} itself"
    return None


def _names(address: str, port: int) -> list[str]:
    """What may stand in a Host header for an address and port."""
    address = address.removeprefix("::ffff:")  # IPv4 on a socket that takes both
    hosts = [address, *_LOOPBACK] if is_loopback(address) else [address]
    named = [f"[{host}]" if ":" in host else host for host in dict.fromkeys(hosts)]
    return [f"{host}:{port}" for host in named] + (named if port == 80 else [])


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach an address."""
    return address.startswith("127.") or address in _LOOPBACK


def _of(headers: list[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in headers if key == name]


def _token(cookies: list[str], name: str) -> str:
    try:
        morsel = SimpleCookie("; ".join(cookies)).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


def _without_cache(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in (b"cache-control", b"etag")]


def _guards(host: str) -> list[tuple[bytes, bytes]]:
    """Nothing is kept, nothing comes from elsewhere, nobody frames the page. Vue compiles templates: unsafe-eval."""
    policy = (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data:; "
        f"connect-src 'self' ws://{host}; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    )
    return [
        (b"cache-control", b"no-store"),
        (b"content-security-policy", policy.encode("latin-1")),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why[:120]})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": (why + "\n").encode()})
