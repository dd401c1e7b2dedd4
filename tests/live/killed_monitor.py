"""A monitor that runs sonication after sonication until it is killed: port, limits, folder of recordings, sessions."""

import json
import sys
import time
from pathlib import Path

from sonofuse.limits import compile_limits, load
from sonofuse.live.about import ANY, About
from sonofuse.live.monitor import Monitor, Watching
from sonofuse.live.recorder import Recorder
from sonofuse.live.treatment import Treatment
from sonofuse.live.view import CONNECTED
from sonofuse_hil.device import KEY


def main(port: str, limits_file: str, folder: str, _sessions: str) -> None:
    """Until it is killed."""
    limits = load(Path(limits_file))
    recorder = Recorder(Path(folder), About.of("killed", limits, compile_limits(limits), keys=[ANY]))
    monitor = Monitor(Watching(port, Path(limits_file), key=KEY.hex()))
    monitor.listeners.append(recorder.put)
    with monitor, Treatment(monitor, limits, None, None) as treatment:
        ready = False
        while True:
            monitor.beat()
            view = monitor.latest()
            if view is not None and view.link == CONNECTED:
                if not ready:
                    ready = True
                    say("ready")
                if view.state == "TRIPPED" and treatment.acknowledge(True, "AB/ENG", "killed") == "":
                    say("acknowledged")
                elif view.state == "SAFE":
                    treatment.arm(40.0, 2.0)
                elif view.state == "ARMED" and treatment.start() == "":
                    say("on")
            time.sleep(0.02)


def say(what: str) -> None:
    print(json.dumps({"what": what}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
