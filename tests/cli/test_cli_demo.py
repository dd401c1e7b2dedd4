"""`sonofuse hil demo`: four cases, one page."""

from sonofuse_hil.demo import CASES

from .command import sonofuse


def test_the_demo_does_what_it_should(tmp_path):
    ended = sonofuse(tmp_path, "hil", "demo", "--out", "out", "--json")
    assert (ended.code, ended.err) == (0, "")
    cases = ended.data["cases"]
    assert [case["scenario"] for case in cases] == list(CASES)
    assert {case["tier"] for case in cases} == {"software"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]
    text = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "4 of 4 cases did what they should" in text
    for case in cases:
        assert f'<section class="case" id="{case["scenario"]}">' in text
        assert case["run_sha256"] in text
        assert f"{case['permit_low_ms']:.2f} ms" in text
        assert f"{case['rf_off_ms']:.2f} ms" in text
