"""What host and signal board say to each other, declared once: the host reads this file too.

Frames are those of the monitor's link (frames.py). Every request gets exactly one frame back; the board never
speaks by itself. Times are the board's microseconds modulo 2**30; all numbers are little-endian.
"""

from micropython import const

VERSION = const(1)  # of everything in this file: a host refuses a board with another

# requests
HELLO = const(64)  # u16: ms of silence after which everything goes off, 20 ... 1000. Starts a session -> INFO
SET = const(65)  # u32 when, then the outputs as below -> ANSWER
POLL = const(66)  # -> REPORT
OFF = const(67)  # everything off, and the session ends -> ANSWER
LEAVE = const(68)  # OFF, then the interpreter's REPL -> ANSWER

# replies
INFO = const(80)  # u8 VERSION, u32 now, u16 ns a tick, u16 compare value of full scale, 8 bytes of the chip's number
REPORT = const(
    81
)  # u32 now, u8 flags, u8 events, u8 places free in the queue, u8 0, EVENTS x (u8 source, u8 kind, u32 time)
REPLIED = const(82)  # u8 request, u8 result

# results
DONE = const(0)
UNKNOWN = const(1)
LENGTH = const(2)
NO_SESSION = const(3)
FULL = const(4)  # the queue of what is to be set later
RANGE = const(5)

# flags of a REPORT
LOST = const(1)  # events that did not fit: nothing of this session can be trusted
CLOSED_FIRST = const(2)  # relays, as the interlock has them now
CLOSED_SECOND = const(4)
BUZZER = const(8)

EVENTS = const(12)  # places in a REPORT
QUEUE = const(32)  # of outputs to be set later
FAR_US = const(5_000_000)  # further ahead nothing can be set

# sources of events; the kind is FIRST or LAST edge of a burst, for a relay 1 closed or 0 open
PERMIT = const(0)
SECOND = const(1)
MARKER = const(2)  # turns over at the very instant at which outputs are set
ALARM = const(3)  # the buzzer's pin
RELAY_FIRST = const(4)
RELAY_SECOND = const(5)
FIRST = const(0)
LAST = const(1)

# The outputs: u16 contacts, u8 interlock, u8 temperatures, 5 x u16 levels, u32 half a flow pulse.
STOP_LOOP = const(1)  # contacts: 1 is closed, or good
SUPPLY = const(2)
RUN_LOW = const(4)  # 1 holds the monitor in reset
CUT = const(8)  # 1 takes the monitor's supply away
WIRED = const(16)  # the interlock's relays are real ones, and GP4 and GP5 listen
WELDED = const(1)  # interlock, shifted left by one for the second switch
BROKEN = const(4)
DROPPED = const(16)  # no edge of this switch reaches its pump
WARM = const(1)  # temperatures, shifted left by the channel's place 0 ... 3
OPEN = const(16)
# levels: forward, reflected while an interlock relay is open; forward, reflected while both are closed; reference
FLOW_LOW = const(0)  # half a pulse in units of FLOW_US; these two are steady levels
FLOW_HIGH = const(0xFFFFFFFF)
FLOW_US = const(10)
