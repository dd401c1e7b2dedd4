"""Runs on the MicroPython VM: batches of episodes from standard input, the state after every tick to standard output.

A batch is five words (bytes of the limit set with its CRC, episodes, ticks, input words, state words), the limit set,
then for each episode the start state and the inputs of its ticks. It ends with a word that counts the ticks whose
result differed from the S_CAUSE that tick left behind.
"""

import sys
from array import array

import kernel

S_CAUSE = 3  # declared in kernel.py; constants are folded away there


def read(words):
    block = array("i", bytes(4 * words))
    if words and sys.stdin.buffer.readinto(block) != 4 * words:
        raise SystemExit("the batch ends early")
    return block


def main():
    tick = kernel.tick
    write = sys.stdout.buffer.write
    while True:
        header = array("i", bytes(20))
        if sys.stdin.buffer.readinto(header) != 20:
            return
        limit_words, episodes, ticks, input_words, state_words = header
        limits = read(limit_words)
        inputs = array("i", bytes(4 * input_words))
        odd_results = 0
        for _ in range(episodes):
            state = read(state_words)
            for _ in range(ticks):
                sys.stdin.buffer.readinto(inputs)
                if tick(limits, state, inputs) != state[S_CAUSE]:
                    odd_results += 1
                write(state)
        write(array("i", (odd_results,)))


main()
