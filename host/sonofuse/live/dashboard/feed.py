"""Views to browsers: one task asks the source 20 times a second, one task per browser sends what that browser can draw.

A web socket of its own, beside NiceGUI's: NiceGUI keeps and repeats what a slow browser has not taken, which is right
for buttons and wrong for pictures.
"""

import asyncio
import json
import logging
import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sonofuse.live.alarm_sound import played
from sonofuse.live.alert import Alert, Notice
from sonofuse.live.dashboard.history import RATE, History, Page
from sonofuse.live.sight import Sight, Watching

_LOG = logging.getLogger(__name__)
_LONGEST = 200  # characters that a browser has to say


class Feed:
    """What all browsers of one server see. `notice` is what needs a person."""

    def __init__(self, watching: Watching, alert: Alert) -> None:
        self._watching, self._alert, self._history = watching, alert, History()
        self.notice = Notice()
        self._pages: dict[Page, asyncio.Event] = {}
        self._sight, self._looked_s = Sight(None, 0.0, False), time.monotonic()
        self._failed = ""

    @property
    def sight(self) -> Sight:
        """What is seen now; it ages also if nobody looks any more."""
        return replace(self._sight, age_s=self._sight.age_s + time.monotonic() - self._looked_s)

    async def run(self) -> None:
        """Ask the source for ever. What is late by a whole turn is not made up for."""
        due_s = time.monotonic()
        while True:
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - a View that cannot be shown: the next one may be better
                if repr(error) != self._failed:
                    self._failed = repr(error)
                    _LOG.exception("a picture cannot be shown")
            due_s = max(due_s + 1 / RATE, time.monotonic())
            await asyncio.sleep(due_s - time.monotonic())

    def _look(self) -> None:
        self._looked_s = time.monotonic()
        self._sight = self._watching.look(self._looked_s)
        self.notice = self._alert.look(self._sight, self._looked_s)
        alarms = {"second": int(self._looked_s), **_told(self.notice)}
        news = alarms != self._history.alarms
        self._history.alarms = alarms
        if self._sight.new and self._sight.view is not None:
            self._history.add(self._sight.view)
            news = True
        if news:
            for waiting in self._pages.values():
                waiting.set()

    async def serve(self, socket: WebSocket) -> None:
        """Feed one browser until it goes."""
        await socket.accept()
        page, news = Page(self._history), asyncio.Event()
        news.set()
        self._pages[page] = news
        sending = asyncio.create_task(_send(socket, page, news))
        try:
            while True:
                page.drew(_drawn(await socket.receive_text()))
                news.set()
        except (WebSocketDisconnect, ValueError):
            pass  # it has gone, or what it says is not of our page: either way there is nobody to feed
        finally:
            del self._pages[page]
            sending.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sending


def _told(notice: Notice) -> dict[str, Any]:
    """Alarms for the page. `second` beside them makes them new once a second, so that a page knows that it is heard of
    while no pictures come."""
    return {
        "standing": [
            {
                "kind": alarm.kind,
                "priority": alarm.priority,
                "text": alarm.text,
                "present": alarm.present,
                "acknowledged": alarm.acknowledged,
            }
            for alarm in notice.standing
        ],
        "sound": None if notice.sound is None else played(**asdict(notice.sound)),
        "silent_s": notice.silent_s,
    }


async def _send(socket: WebSocket, page: Page, news: asyncio.Event) -> None:
    while True:
        await news.wait()
        news.clear()
        text = page.next()
        if text is not None:
            await socket.send_text(text)  # waits while the browser does not take it


def _drawn(text: str) -> int:
    """The number in {"drawn": number}.

    Raises:
        ValueError: if it is anything else.
    """
    match json.loads(text[:_LONGEST]):
        case {"drawn": int(number)}:
            return number
        case _:
            raise ValueError(text[:_LONGEST])
