"""The line of each key of a TOML text."""

import tomllib

from sonofuse.limits.lines import find_lines

from .edits import TEXT

TRICKY = '''# [not.a.table]
top = 1
[a.b]  # comment = "x"
"quoted key" = "[no] {table} = # here"
multi = """
[c]
d = 1
"""
list = [
  "x = 1",  # y = 2
  { inner = 1, deep = { leaf = 2 } },
]
dotted.one.two = 3
inline = { p = 1, q = [1, 2], r = { s = "}" } }
[last]
literal = 'it = "s"'
'''


def test_tricky_text():
    tomllib.loads(TRICKY)
    lines = find_lines(TRICKY)
    expected = {
        ("top",): 2, ("a", "b"): 3, ("a", "b", "quoted key"): 4, ("a", "b", "multi"): 5, ("a", "b", "list"): 9,
        ("a", "b", "dotted", "one", "two"): 13, ("a", "b", "inline"): 14, ("a", "b", "inline", "r", "s"): 14,
        ("last",): 15,
        ("last", "literal"): 16,
    }  # fmt: skip
    assert {key: lines.get(key) for key in expected} == expected
    assert not any("c" in key or "y" in key for key in lines)


def test_every_key_of_the_shipped_file_has_its_own_line():
    lines = find_lines(TEXT)
    text = TEXT.split("\n")

    def walk(table, path):
        for key, value in table.items():
            here = (*path, key)
            if isinstance(value, dict):
                walk(value, here)
            else:
                assert text[lines[here] - 1].startswith(f"{key} ="), here

    walk(tomllib.loads(TEXT), ())
