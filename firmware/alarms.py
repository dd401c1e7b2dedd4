"""How urgent every cause is and how it sounds, declared once (docs/alarms.md says why, and after which sources).

Plain data without imports, so that the microcontroller, the host and the documentation read the same file.
"""

PHYSIOLOGICAL, TECHNICAL = 0, 1  # the patient's, or the equipment's
LOW, MEDIUM, HIGH = 1, 2, 3
KINDS = ("physiological", "technical")
PRIORITIES = ("", "low", "medium", "high")

SILENCE_MS = 120_000  # the longest that a person can pause the sound

# (id of the check in checks.py, kind, priority)
ALARMS = (
    (1, TECHNICAL, MEDIUM),  # range
    (2, TECHNICAL, MEDIUM),  # stale
    (3, TECHNICAL, MEDIUM),  # stuck
    (4, PHYSIOLOGICAL, HIGH),  # above
    (5, PHYSIOLOGICAL, HIGH),  # below
    (6, PHYSIOLOGICAL, HIGH),  # rise
    (7, PHYSIOLOGICAL, HIGH),  # rise_off
    (8, TECHNICAL, MEDIUM),  # pair
    (9, PHYSIOLOGICAL, MEDIUM),  # dose
    (10, PHYSIOLOGICAL, HIGH),  # set
    (11, PHYSIOLOGICAL, HIGH),  # ratio
    (12, PHYSIOLOGICAL, HIGH),  # idle
    (13, TECHNICAL, HIGH),  # follow
    (16, TECHNICAL, MEDIUM),  # deadline
    (17, TECHNICAL, MEDIUM),  # limits
    (18, PHYSIOLOGICAL, MEDIUM),  # energy
    (19, PHYSIOLOGICAL, MEDIUM),  # duration
    (20, TECHNICAL, MEDIUM),  # receipt
    (32, TECHNICAL, HIGH),  # interrupted
    (33, TECHNICAL, MEDIUM),  # latch
    (34, TECHNICAL, MEDIUM),  # self_test
    (35, TECHNICAL, HIGH),  # crash
    (36, TECHNICAL, MEDIUM),  # stop
    (37, TECHNICAL, MEDIUM),  # link
    (38, TECHNICAL, MEDIUM),  # configuration
)

# (kind, priority, ms of pulse, gap, pulse, gap and so on): the last gap is the one before the next burst. A buzzer has
# one pitch: the equipment's bursts are half as fast, and its low one has two pulses.
BURSTS = (
    (PHYSIOLOGICAL, HIGH, (90, 60, 90, 60, 90, 210, 90, 60, 90, 400, 90, 60, 90, 60, 90, 210, 90, 60, 90, 2600)),
    (
        TECHNICAL,
        HIGH,
        (150, 110, 150, 110, 150, 370, 150, 110, 150, 1200, 150, 110, 150, 110, 150, 370, 150, 110, 150, 3600),
    ),
    (PHYSIOLOGICAL, MEDIUM, (130, 140, 130, 140, 130, 5000)),
    (TECHNICAL, MEDIUM, (230, 230, 230, 230, 230, 5000)),
    (PHYSIOLOGICAL, LOW, (160, 20_000)),
    (TECHNICAL, LOW, (230, 230, 230, 20_000)),
)
