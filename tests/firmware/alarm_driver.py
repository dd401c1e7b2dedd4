"""Runs firmware/alarm.py on the real VM: what happens to it comes in as lines, the edges of its pin go out."""

import sys

from alarm import Alarm

now_us = 0
level = 0


def write(value):
    global level
    if value != level:
        level = value
        print(now_us, value)


alarm = Alarm(write)
for line in sys.stdin:
    what, *numbers = line.split()
    numbers = [int(number) for number in numbers]
    if what == "begin":
        alarm.begin(numbers[0], now_us & 0x3FFFFFFF)
    elif what == "step":
        count, us, cause = numbers
        for _ in range(count):
            now_us += us
            alarm.step(now_us & 0x3FFFFFFF, cause)
    elif what == "silence":
        print("silence", int(alarm.silence()))
    else:
        alarm.end()
