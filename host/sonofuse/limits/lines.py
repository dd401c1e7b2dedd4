"""On which line each key of a TOML text stands (tomllib does not say)."""

import re

from sonofuse.limits.problems import Path

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<text>\"\"\".*?(?<!\\)\"{3,5}|'''.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<newline>\n)
    |(?P<mark>[\[\]{}=,.])
    |(?P<space>[ \t\r]+)
    |(?P<bare>[^\s\[\]{}=,.\#"']+)""",
    re.VERBOSE | re.DOTALL,
)


def find_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of each table header and key of a valid TOML text, also inside inline tables."""
    lines: dict[Path, int] = {}
    table: Path = ()
    open_marks: list[tuple[str, Path]] = []  # each open { or [ of a value, with the path that it belongs to
    name: list[str] = []
    key: Path = ()
    line, in_value, in_header = 1, False, False
    for token in TOKEN.finditer(text):
        kind, part = token.lastgroup, token.group()
        at, line = line, line + part.count("\n")
        inline = bool(open_marks) and open_marks[-1][0] == "{"
        base = open_marks[-1][1] if open_marks else table
        if kind == "newline":
            if in_header:
                table = tuple(name)
                lines.setdefault(table, at)
            if not open_marks:
                name, in_value, in_header = [], False, False
        elif kind in ("bare", "text"):
            if not in_value:
                name.append(part.strip("\"'") if kind == "text" else part)
        elif part == "=":
            key = base + tuple(name)
            for depth in range(len(base) + 1, len(key) + 1):
                lines.setdefault(key[:depth], at)
            name, in_value = [], True
        elif part in "[{" and kind == "mark":
            if in_value:
                open_marks.append((part, key))
                in_value = part == "["
            else:
                in_header = True
        elif part in "]}" and kind == "mark" and open_marks:
            _, key = open_marks.pop()
            in_value = True
        elif part == "," and inline:
            name, in_value = [], False
    if in_header:
        lines.setdefault(tuple(name), line)
    return lines
