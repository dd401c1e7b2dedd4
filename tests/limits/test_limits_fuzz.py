"""Whatever a limits file holds, it is either accepted and compiles, or refused with problems: nothing else escapes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.limits import LimitsError, compile_limits, load

from .edits import TEXT

LINES = TEXT.split("\n")
VALUES = [
    "1", "-1", "0", "nan", "inf", "true", '""', '"x"', "[]", "[1]", "{}", "{ a = 1 }", "1979-05-27", "9" * 30,
    '"0 K"', '"-5 degC"', '"9 degC"', '"1e300 degC"', '"1e-300 K"', '"1e300 K"', '"1e300 W"', '"0 dB"', '"0 %"',
    '"0 s"', '"1e-9 s"', '"1e9 s"', '"1e9 samples"', '["0 s", "0 s"]', '["1 us", "1 us"]', '["1e-9 s", "1 s"]',
    '["1 ms", "1e9 s"]', '["1e300 V", "1e301 V"]', '["0 V", "3 V"]', '["-273 degC", "2000 degC"]',
    '["0 degC", "0.01 degC"]', '["0 L/min", "1e12 L/min"]',
]  # fmt: skip


def survives(path, text):
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        compile_limits(load(path))
    except LimitsError as error:
        assert error.problems
        assert all(problem.line >= 1 and problem.accepted for problem in error.problems)


@settings(max_examples=300, deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(VALUES)), min_size=1, max_size=3))
def test_odd_values(edits, tmp_path_factory):
    lines = list(LINES)
    for at, value in edits:
        if " = " in lines[at]:
            lines[at] = lines[at].split(" = ")[0] + f" = {value}"
    survives(tmp_path_factory.mktemp("fuzz") / "odd.toml", "\n".join(lines))


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(TEXT)), length=st.integers(0, 60), put=st.text(max_size=4))
def test_damaged_text(at, length, put, tmp_path_factory):
    survives(tmp_path_factory.mktemp("fuzz") / "damaged.toml", TEXT[:at] + put + TEXT[at + length :])


@pytest.mark.parametrize("text", ["channel = 3", "limits = []", "[channel]\nflow = 1", "[channel.flow]\nsensor = 'x'"])
def test_text_where_a_table_belongs(tmp_path, text):
    body = '[limits]\nboard = "rev_a"\n' if not text.startswith("limits") else ""
    survives(tmp_path / "a.toml", f"{text}\n{body}")
