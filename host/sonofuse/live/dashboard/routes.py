"""What the server answers besides the page: STOP and the state for everybody, the access code, the pictures."""

import asyncio
import json
import logging
import time
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from sonofuse.live.alarm_sound import SCRIPT
from sonofuse.live.dashboard.access import SESSION_S, Access, TooManyError
from sonofuse.live.dashboard.feed import Feed
from sonofuse.live.dashboard.gate import CLOSED_PAGE, cookie_name
from sonofuse.live.faces import face
from sonofuse.live.view import Console

ASSETS = Path(__file__).parent / "assets"
_LONGEST = 256  # bytes of a request that holds a code
_LOG = logging.getLogger(__name__)


def routes(feed: Feed, console: Console, access: Access, port: int) -> list[BaseRoute]:
    """All routes but the page itself, which NiceGUI serves."""

    async def stop(_request: Request) -> Response:
        try:
            why = console.stop()  # waits for nothing, so it needs no thread, and no queue of other commands before it
        except Exception as error:  # noqa: BLE001 - whatever it was, the person must go to the device now
            _LOG.exception("STOP failed")
            why = f"STOP failed: {error}"
        return JSONResponse({"done": why == "", "why": why}, 200 if why == "" else 503)

    async def state(_request: Request) -> Response:
        sight = feed.sight
        shown = face(sight.state)
        return JSONResponse(
            {"state": sight.state, "word": shown.word, "says": shown.says, "colour": shown.colour}
            | {"connected": sight.connected, "trouble": sight.trouble}
        )

    async def enter(request: Request) -> Response:
        code = await _code(request)
        if code is None:
            return JSONResponse({"why": 'send {"code": "..."}'}, 400)
        try:
            token = access.enter(code, time.monotonic())
        except TooManyError as wait:
            return JSONResponse({"why": str(wait)}, 429, {"retry-after": str(wait.wait_s)})
        if not token:
            return JSONResponse({"why": "wrong code"}, 403)
        answer = JSONResponse({"why": ""})
        answer.set_cookie(cookie_name(port), token, int(SESSION_S), httponly=True, samesite="strict")
        return answer

    async def closed(_request: Request) -> Response:
        return FileResponse(ASSETS / "open" / "closed.html")

    async def alarm_sound(_request: Request) -> Response:
        return FileResponse(SCRIPT)

    return [
        Route("/stop", stop, methods=["POST"]),
        Route("/state", state),
        Route("/enter", enter, methods=["POST"]),
        Route(CLOSED_PAGE, closed),
        WebSocketRoute("/views", feed.serve),
        Mount("/open", StaticFiles(directory=ASSETS / "open")),
        Route("/inside/alarm_sound.js", alarm_sound),
        Mount("/inside", StaticFiles(directory=ASSETS / "inside")),
    ]


async def _code(request: Request) -> str | None:
    """The code in a request, None if it is not of our page: too long, too slow or no JSON."""
    body = b""
    try:
        async with asyncio.timeout(5):
            async for piece in request.stream():
                body += piece
                if len(body) > _LONGEST:
                    return None
        said = json.loads(body)
    except (TimeoutError, ValueError):
        return None
    match said:
        case {"code": str(code)}:
            return code
        case _:
            return None
