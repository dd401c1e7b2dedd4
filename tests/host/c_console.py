"""What the C headers of the documentation do, as a program: a question a line, an answer a line."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_STRICT = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-pedantic")
_PROGRAM = r"""
#include <stdio.h>

#include "sonofuse_link.h"
#include "sonofuse_rows.h"
#include "sonofuse_seal.h"

static uint8_t data[SONOFUSE_PAYLOAD_MAX + 1], line[SONOFUSE_CODED(SONOFUSE_PAYLOAD_MAX)];

static size_t read_hex(uint8_t *to) {
    unsigned n, byte;
    if (scanf("%u", &n) != 1) return 0;
    for (unsigned i = 0; i < n; i++) { if (scanf("%2x", &byte) != 1) return 0; to[i] = (uint8_t)byte; }
    return n;
}

static void print_hex(const uint8_t *from, size_t n) {
    for (size_t i = 0; i < n; i++) printf("%02x", from[i]);
}

static int frame(void) {
    unsigned type, sequence;
    if (scanf("%u %u", &type, &sequence) != 2) return 1;
    size_t n = read_hex(data), length = sonofuse_encode((uint8_t)type, (uint16_t)sequence, data, n, line);
    if (length == 0 || length > SONOFUSE_CODED(n)) return 2;
    print_hex(line, length);
    int back = sonofuse_decode(line + 1, length - 2);
    if (back != (int)n || line[1] != type || sonofuse_u16(line + 2) != sequence || memcmp(line + 4, data, n)) return 3;
    return 0;
}

static int seal(void) {
    uint8_t key[SONOFUSE_KEY_BYTES], nonce[SONOFUSE_NONCE_BYTES];
    unsigned type, counter;
    read_hex(key);
    read_hex(nonce);
    if (scanf("%u %u", &type, &counter) != 2) return 1;
    print_hex(data, sonofuse_seal(key, nonce, (uint8_t)type, counter, data, read_hex(data)));
    return 0;
}

static int receipt(void) {
    unsigned sequence, digest;
    if (scanf("%u %u", &sequence, &digest) != 2) return 1;
    print_hex(data, sonofuse_receipt((uint16_t)sequence, digest, data));
    return 0;
}

static int row(void) {
    unsigned contacts, converters, tick_us;
    sonofuse_row read;
    if (scanf("%u %u %u", &contacts, &converters, &tick_us) != 3) return 1;
    size_t n = sonofuse_read_row(data, read_hex(data), contacts, converters, tick_us, &read);
    printf("%u", (unsigned)n);
    if (n == 0) return 0;
    printf(" %u %u %u %u %u", read.flags, read.changed, read.elapsed_us, read.now_us, read.before_us);
    printf(" %u %u %u", read.set_mw, read.set_us, read.energy);
    for (unsigned i = 0; i < contacts; i++) printf(" %d", read.contacts[i / 8] >> i % 8 & 1);
    for (unsigned i = 0; i < converters; i++) printf(" %u", sonofuse_u16(read.converters + 2 * i));
    for (unsigned i = 0; i < read.conversions; i++)
        printf(" %u %u", read.slow[3 * i], sonofuse_u16(read.slow + 3 * i + 1));
    return 0;
}

static int fold(void) {
    unsigned digest, word;
    if (scanf("%u %u", &digest, &word) != 2) return 1;
    printf("%u", (unsigned)sonofuse_fold(digest, word));
    return 0;
}

int main(void) {
    char what;
    while (scanf(" %c", &what) == 1) {
        int failed = what == 'f' ? frame() : what == 's' ? seal() : what == 'e' ? receipt() :
                     what == 'r' ? row() : what == 'd' ? fold() : 9;
        if (failed) return failed;
        printf("\n");
    }
    return 0;
}
"""


def counted(data: bytes) -> str:
    """Bytes as the program reads them."""
    return f"{len(data)} {data.hex()}"


class CConsole:
    """The program, compiled in a folder."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        assert compiler, "a C compiler is among what this project needs"
        self._program = folder / "console"
        (folder / "console.c").write_text(_PROGRAM, encoding="utf-8")
        subprocess.run([compiler, *_STRICT, f"-I{DOCS}", "console.c", "-o", self._program], cwd=folder, check=True)

    def ask(self, questions: Sequence[str]) -> list[str]:
        """An answer to each question."""
        asked = "\n".join(questions) + "\n"
        answers = subprocess.run([self._program], input=asked, capture_output=True, text=True, check=True).stdout
        found = answers.splitlines()
        assert len(found) == len(questions)
        return found
