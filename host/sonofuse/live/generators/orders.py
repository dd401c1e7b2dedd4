"""What a generator was asked for and what is known of it: decides the next call. No threads, no input or output.

There is no queue. What is wanted is one set point, one output and the number of times that "off" was asked for, so
that a thousand commands take no room, the last one counts, and off comes before all others.
"""

import math

from sonofuse.live.generators.calls import Call, Result, Task
from sonofuse.live.generators.generator import Generator
from sonofuse.live.generators.offs import Offs
from sonofuse.live.generators.second_way import SecondWay
from sonofuse.live.generators.state import Connection, GeneratorState
from sonofuse.live.generators.want import Want

READ_EVERY_S = 0.1  # D: set point and output, each
READ_AGAIN_S = 0.01  # D: while what was just asked for is awaited
RETRY_S = 0.5  # D: between two attempts to connect
CONNECT_S = 5.0  # D: connecting that takes longer hangs


class Orders:
    """Commands go in by the methods that return "" or one line that says why not. `next` gives the call to make,
    `done` or `failed` takes its end. All times come from one clock, s. The caller sees to it that one
    thread at a time is in here; none stays."""

    def __init__(self) -> None:
        self.finished = False
        self._tripped = self._closing = self._lost = False
        self._want = Want()
        self._sent_s = 0.0  # when the last of set point, on and off had been sent
        self._again_s = self._connect_s = -math.inf
        self._offs, self._second = Offs(), SecondWay()
        self._why = ""  # it tripped by itself
        self._fault, self._fault_s = "the generator is not connected yet", math.inf
        self._connection: Connection | None = None
        self._read_w: float | None = None
        self._output: bool | None = None
        self._read_w_s = self._output_s = -math.inf
        self._busy: tuple[Call, float] | None = None

    def set_point(self, watts: float, now_s: float) -> str:
        """Set this power, W, before the output goes on; good for one time on."""
        refused = self._refused()
        if not (math.isfinite(watts) and watts > 0):
            refused = f"{watts:g} W is no set point"
        elif not refused and self._want.on:
            refused = "the output is on: its set point is frozen"
        if not refused:
            self._want, self._again_s = Want(watts), now_s
        return refused

    def on(self, now_s: float) -> str:
        """Put the output on, once, as soon as the set point has been read back."""
        refused = self._refused()
        if not refused and self._want.watts is None:
            refused = "the generator has no set point"
        if not refused and not self._want.on:
            self._want.on, self._again_s = True, now_s
        return refused

    def off(self, now_s: float) -> str:
        """Put the output off. Overtakes everything."""
        self._ask_off(now_s)
        return ""

    def trip(self, now_s: float) -> str:
        """Put the output off, and let nothing put it on before `acknowledge`."""
        if not self._tripped:
            self._latch("", now_s)
        return ""

    def acknowledge(self, now_s: float) -> str:
        """Allow the output again, if it is known to be off."""
        known = self.state(now_s)
        if self._offs.outstanding or known.output is not False:
            return f"the generator's output is not known to be off; {known.trouble or 'wait'}"
        self._tripped, self._why = False, ""
        return ""

    def close(self, now_s: float) -> str:
        """Put the output off, and end as soon as it is known to be off."""
        self._closing = True
        self._ask_off(now_s)
        return ""

    def next(self, now_s: float) -> Task | None:
        """The call to make now; it counts as begun. None: nothing before `pause_s` is over."""
        call = None if self.finished else self._next(now_s)
        if call is None:
            return None
        if call is Call.CONNECT:
            self._connect_s = now_s
        if call is Call.OFF:
            self._offs.send()
        self._want.set_sent = self._want.set_sent or call is Call.SET
        self._want.on_sent = self._want.on_sent or call is Call.ON
        self._busy = (call, now_s)
        return Task(call, self._generator, self._want.watts)

    def pause_s(self, now_s: float) -> float:
        """How long nothing has to be done, if nobody asks for anything."""
        if self._connection is None:
            due_s = self._connect_s + RETRY_S
        elif self._offs.outstanding or (self._want.awaited and not self._second.under_way):
            due_s = max(self._again_s, self._offs.resend_s)
        else:
            due_s = self._poll_s
        return max(0.0, due_s - now_s)

    def done(self, call: Call, result: Result, now_s: float) -> None:
        """A call has ended, with what it gave."""
        self._busy, self._again_s = None, now_s
        if call in (Call.SET, Call.ON, Call.OFF):
            self._sent_s = now_s
        if isinstance(result, Connection):
            self._connection, self._fault, self._fault_s = result, "", now_s
            self._offs.restart(now_s)  # the first that a generator hears is off
        elif call is Call.READ_SET:
            self._set_read(math.nan if result is None else float(result), now_s)
        elif call is Call.READ_OUTPUT:
            self._output_read(result is not False, now_s)
        elif call is Call.CLOSE:
            self._closed()

    def failed(self, call: Call, line: str, now_s: float) -> None:
        """A call has ended with an error. Whatever was wanted is dropped and off is sent; if that fails as well, the
        generator is connected anew."""
        self._busy = None
        self._fault, self._fault_s = line, now_s
        self._forget_readings()
        if call is Call.CLOSE:
            self._closed()
        elif call is not Call.CONNECT:
            self._lost = self._offs.unseen
            if self._want.on or self._want.set_sent:
                self._latch(line, now_s)
            self._ask_off(now_s)

    def abort_begins(self, now_s: float) -> Generator | None:
        """The generator to abort now, if any; the abort counts as begun."""
        due = self._connection is not None and self._second.begins(self._offs.since_s, now_s)
        return self._generator if due else None

    def abort_pause_s(self, now_s: float) -> float:
        """How long no abort is due, if nobody asks for off."""
        return math.inf if self._connection is None else self._second.pause_s(self._offs.since_s, now_s)

    def aborted(self, line: str, now_s: float) -> None:
        """An abort has ended; `line` is "" if the output is off."""
        self._second.ended(line, now_s)

    def state(self, now_s: float) -> GeneratorState:
        """The generator as it is known at this instant."""
        made, late = self._connection, self._late(now_s)
        known = made is not None and not self._lost and not late
        read_s = min(self._read_w_s, self._output_s)
        fault = self._fault if made is None or self._fault_s >= read_s else ""
        return GeneratorState(
            connected=made is not None and not self._lost,
            identity="" if made is None else made.identity,
            set_w=self._read_w if known else None,
            output=self._output if known else None,
            ready=self._want.set_good,
            tolerance=0.0 if made is None else made.tolerance,
            tripped=self._tripped,
            trouble=late or self._why or fault or self._held(),
            age_s=now_s - read_s if math.isfinite(read_s) else None,
        )

    def _next(self, now_s: float) -> Call | None:
        if self._connection is None:
            return Call.CONNECT if now_s >= self._connect_s + RETRY_S else None
        if self._lost:
            return Call.CLOSE
        if self._offs.unsent:
            return Call.OFF if now_s >= self._offs.resend_s else None
        if self._offs.outstanding:
            return Call.READ_OUTPUT if now_s >= self._again_s else None
        if self._closing:
            return Call.CLOSE
        if self._want.awaited and not self._second.under_way:  # whose off must not come after an on
            return self._next_wanted(now_s)
        if now_s < self._poll_s:
            return None
        return Call.READ_OUTPUT if self._output_s <= self._read_w_s else Call.READ_SET

    def _next_wanted(self, now_s: float) -> Call | None:
        want, again = self._want, now_s >= self._again_s
        if not want.set_sent:
            return Call.SET
        if not want.set_good:
            return Call.READ_SET if again else None
        if want.on_sent:
            return Call.READ_OUTPUT if again else None
        if self._agrees:
            return Call.ON
        self._latch(want.differs(self._read_w), now_s)
        return Call.OFF

    def _set_read(self, watts: float, now_s: float) -> None:
        self._read_w, self._read_w_s = watts, now_s
        if self._want.set_sent and not self._want.set_good:
            self._want.set_good = self._agrees
            self._await(self._want.set_good, self._want.differs(watts), now_s)

    def _output_read(self, on: bool, now_s: float) -> None:
        self._output, self._output_s = on, now_s
        if self._offs.unseen:
            self._off_read(on, now_s)
        elif self._offs.outstanding:
            pass  # begun before off was asked for: off is next
        elif self._want.on_sent:
            if self._want.on_seen and not on:
                self._latch("the generator's output went off by itself", now_s)
            else:
                self._want.on_seen = on
                self._await(on, "the generator's output did not go on", now_s)
        elif on:
            self._latch("the generator's output was on although nobody asked for it", now_s)

    def _off_read(self, on: bool, now_s: float) -> None:
        if not on:
            self._offs.see()
        elif now_s - self._sent_s < self._settle_s:
            self._again_s = now_s + READ_AGAIN_S
        else:
            self._fault, self._fault_s = "the generator's output stays on after it was put off", now_s
            self._offs.in_vain(now_s)

    def _await(self, done: bool, otherwise: str, now_s: float) -> None:
        """Look again soon, until the generator had its time to settle."""
        if not done:
            self._again_s = now_s + READ_AGAIN_S
            if now_s - self._sent_s >= self._settle_s:
                self._latch(otherwise, now_s)

    @property
    def _generator(self) -> Generator | None:
        return None if self._connection is None else self._connection.generator

    @property
    def _poll_s(self) -> float:
        """When to read next: after a failure no sooner, so that one which fails at once is not called without end."""
        return max(min(self._output_s, self._read_w_s), self._fault_s) + READ_EVERY_S

    @property
    def _agrees(self) -> bool:
        return self._connection is not None and self._want.agrees(self._read_w, self._connection.tolerance)

    @property
    def _settle_s(self) -> float:
        return 0.0 if self._connection is None else self._connection.settle_s

    def _ask_off(self, now_s: float) -> None:
        """Off is next, and nothing that was wanted before is wanted any more."""
        self._want = Want()
        if not self._offs.outstanding:
            self._second.line = ""
        self._offs.ask(now_s)

    def _latch(self, why: str, now_s: float) -> None:
        self._why = self._why or why  # the first cause counts
        self._tripped = True
        self._ask_off(now_s)

    def _refused(self) -> str:
        if self._closing:
            return "the monitor is ending"
        if self._tripped:
            return f"the generator is held off until somebody acknowledges{': ' if self._why else ''}{self._why}"
        return self._fault if self._connection is None else ""

    def _closed(self) -> None:
        self._connection, self._lost = None, False
        self._forget_readings()
        self.finished = self._closing and not self._offs.outstanding

    def _forget_readings(self) -> None:
        self._read_w = self._output = None
        self._read_w_s = self._output_s = -math.inf

    def _held(self) -> str:
        held = self._want.awaited and self._second.under_way
        return "the second way to put the output off has not ended: nothing goes on before" if held else ""

    def _late(self, now_s: float) -> str:
        """What a person has to know of a call that hangs, "" if none does."""
        if self._busy is None:
            return ""
        call, since_s = self._busy
        limit_s = CONNECT_S if self._connection is None else self._connection.timeout_s
        if now_s - since_s <= limit_s:
            return ""
        line = f'the generator does not answer to "{call.value}" for {now_s - since_s:.1f} s'
        second = self._second.words(limit_s, now_s)
        return f"{line}; {second}" if second else line
