"""Every check and every cause, declared once. Append only: the numbers are stored in latches and recordings.

Plain data without imports, so that the microcontroller, the host and the documentation read the same file.
"""

# (id, name, hazards of docs/hazards.md that it answers, what it says to a person)
CHECKS = (
    (1, "range", "sensor", "reading outside the plausible range of the sensor (open, short, wrong type)"),
    (2, "stale", "sensor", "no new conversion for too long"),
    (3, "stuck", "sensor", "the same count too often for a sensor that has noise"),
    (4, "above", "H1 H4 H9", "above its limit"),
    (5, "below", "H9 hardware H8", "below its limit, or a closed contact that opened"),
    (6, "rise", "H1 H2", "rises too fast"),
    (7, "rise_off", "H5", "rises although RF is off"),
    (8, "pair", "sensor", "two sensors of one place disagree"),
    (9, "dose", "H1", "thermal dose exhausted"),
    (10, "set", "H4", "forward power above the set point"),
    (11, "ratio", "H1", "too much power reflected (VSWR)"),
    (12, "idle", "H5", "RF although it is not permitted"),
    (13, "follow", "H5", "read-back does not follow the permit"),
    (16, "deadline", "H5", "the firmware's own tick came late"),
    (17, "limits", "memory", "the limit set in memory is damaged"),
    (18, "energy", "H3 H5", "energy of this sonication exhausted"),
    (19, "duration", "H5", "on for too long"),
    (20, "receipt", "link", "no receipt from the host"),
    (32, "interrupted", "H5", "a treatment was open when the power or the processor failed"),
    (33, "latch", "memory", "the latch is empty, damaged or full"),
    (34, "self_test", "hardware", "a self-test failed"),
    (35, "crash", "H5", "the firmware raised an exception"),
    (36, "stop", "operator", "STOP was commanded"),
    (37, "link", "link", "the link failed"),
    (38, "configuration", "memory", "limit set missing, damaged or of another version"),
)

MONITOR = 255  # the channel number in a cause that concerns the whole monitor
