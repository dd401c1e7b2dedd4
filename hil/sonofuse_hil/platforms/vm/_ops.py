"""What the firmware's side of the wire can say, for both sides: requests wait for an answer, outputs do not."""

# time u64, operation u8, argument u8, length of what follows u16, value u32
RECORD = "<QBBHI"
RECORD_BYTES = 16

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
WATCHDOG = 22
WATCHDOG_START = 23
UART_TX = 24
SCRATCH = 25

# answer: horizon u64, order u8, FIFO bits u8, received u16, steps u32, time u64 (flash may have been busy since it was
# asked), received bytes, then what the inputs are from when on, a step each: time after the answer u16 and four ADC
# counts u16, pins u32
REPLY_HEAD = "<QBBHIQ80s"
RECEIVE_MAX = 80
STEP = "<HHHHHxxI"
STEPS_MAX = 32
STEP_WORDS = 4
RECEIVED_AT = 6  # in words of 4 bytes
STEPS_AT = 26
REPLY_BYTES = 616

# a transfer of SPI is answered by the pins that are high from now on, u32, and what was foreseen stays
PINS = "<I"
PINS_BYTES = 4

# orders: a fault that the rig wants inside the very call that it answers
HANG = 1
MEMORY_ERROR = 2
OS_ERROR = 3
VALUE_ERROR = 4
INTERRUPT = 5
STACK = 6
LATE = 16  # and as many ms more than one
LATE_MS_MAX = 200
