"""What a worker process of the rig does with signals: Ctrl-C is its parent's, and it does not outlive it."""

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from types import FrameType

leaving = False  # this process was told to end: who catches what leaves a task must not begin another one


def begin() -> None:
    """Of a worker that a parent has spawned: Ctrl-C is the parent's; one that was killed takes its workers along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    Finalize(None, signal.signal, args=(signal.SIGTERM, signal.SIG_IGN), exitpriority=1)  # who leaves is not disturbed
    threading.Thread(target=_follow, daemon=True).start()


def _leave(_number: int, _frame: FrameType | None) -> None:
    global leaving
    leaving = True
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)  # leaves every `with`, so that devices end


def _follow() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
