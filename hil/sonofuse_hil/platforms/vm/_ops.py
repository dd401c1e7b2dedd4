"""What the firmware's side of the wire can say, and where in the memory that it shares with the rig: for both sides.

Requests wait for an answer, outputs do not.
"""

ADVANCE = 1
SPI_TRANSFER = 2
FLASH_READ = 3
FLASH_WRITE = 4
FLASH_ERASE = 5
RESET = 6

PIN = 16
MEMORY = 17
TOKEN = 18
MACHINE_INIT = 19
MACHINE_ACTIVE = 20
MACHINE_EXEC = 21
WATCHDOG_START = 23
UART_TX = 24
SCRATCH = 25
READING = 26  # a converter's result was read: its place among those that are granted

# orders: a fault that the rig wants inside the very call that it answers
HANG = 1
MEMORY_ERROR = 2
OS_ERROR = 3
VALUE_ERROR = 4
INTERRUPT = 5
STACK = 6
LATE = 16  # and as many ms more than one
LATE_MS_MAX = 200

# The shared memory, in words of 32 bits. An answer of the rig begins with these; times are us after the answer.
NOW = 0
DUE = 1  # when the next step begins, or the horizon
HORIZON = 2
GPIO = 3
RAISED = 4  # pins that went high since the answer because the firmware has read a result
STEP = 5  # place of the next step
STEPS_END = 6
FIFO = 7  # bit per state machine: 1 while its FIFO still holds a word
FIFO_SLOT = 8  # in which slot these bits are true
TICKS = 9  # what ticks_us counts from
BASE = 10  # time of the answer since the boot, two words
ORDER = 12
READINGS = 13  # how many results are granted, 0 = the rig has to be asked
ANSWER = "<14I"
# What both sides move on.
RX_HEAD = 14
RX_TAIL = 15
OUT_HEAD = 16  # words that have been put out since the last request
FED = 17  # whether the watchdog was, and when first and last
FED_FIRST = 18
FED_LAST = 19
START = 20  # what the firmware's clock showed at its boot
# A request: operation, argument, length of its payload in bytes, value.
REQUEST = 21
# For each converter: mask of its chip select, of the DRDY that a read raises (0: none), the 16 bits that it shows.
READING_AT = 32
READING_WORDS = 3
READINGS_MAX = 10  # more than a chip has pins for
# From when on which pins are high; where that is the end of a conversion its DRDY's mask, and place << 16 | bits.
STEPS_AT = 64
STEP_WORDS = 4
STEPS_MAX = 32
# A reading of the ADC for every slot of a millisecond: four 16-bit counts. There is room for 32: no horizon is longer.
ADC_AT = 192
SLOT_US = 1_000
RX_AT = 256
RX_BYTES = 1024
RECEIVE_MAX = 80  # with an answer: the line carries 92 in a millisecond
PAYLOAD_AT = 512
PAYLOAD_BYTES = 4096
# Outputs: time, operation | argument << 8 | bytes that follow << 16, value; what follows fills whole words.
OUT_AT = 1536
OUT_WORDS = 8192
RECORD_WORDS = 3
BYTES = 4 * (OUT_AT + OUT_WORDS)
