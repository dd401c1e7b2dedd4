"""The report: every case and figure is in it, it is the same for the same seed, and it needs nothing from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text

from sonofuse_hil.report import curves
from sonofuse_hil.report.case import Case
from sonofuse_hil.report.curves import picture
from sonofuse_hil.report.page import Head, page
from sonofuse_hil.run import Stimulus
from sonofuse_hil.scenario import load_scenario, run_scenario

NAMES = ("lost_coupling", "hung_firmware")
HEAD = Head("Two <cases>", "sonofuse hil run 'a & b'", (("sonofuse", "1.2.3"),))
ROOM = 8  # of 960 pixels: a browser's letters may be a little wider than those that matplotlib knows
VOID = {"meta", "br", "link", "hr", "img", "input"}


def run_cases(seed):
    return [Case(run_scenario(replace(load_scenario(name), seed=seed))) for name in NAMES]


@pytest.fixture(scope="module")
def cases():
    return run_cases(3)


@pytest.fixture(scope="module")
def text(cases):
    return page(HEAD, cases)


class Balance(HTMLParser):
    """Follows the elements, and collects ids, addresses and plain text."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.addresses, self.words = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.addresses += [found[name] for name in ("href", "src", "xlink:href") if name in found]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(text):
    assert page(HEAD, run_cases(3)) == text
    assert page(HEAD, run_cases(4)) != text


def test_every_case_and_figure_is_there(cases, text):
    for case in cases:
        outcome = case.outcome
        assert outcome.passed, outcome.reason
        assert f'<section class="case" id="{case.scenario.name}">' in text
        for said in (case.scenario.title, case.scenario.description, outcome.expected, outcome.seen):
            assert said.replace("'", "&#x27;") in text
        low_ms, off_ms = (case.permit_low_us - case.event_us) / 1e3, (case.rf_off_us - case.event_us) / 1e3
        assert low_ms * 1e3 == outcome.reaction_us
        for figure in (f"{low_ms:.2f} ms", f"{off_ms:.2f} ms", f"{outcome.bound_us / 1e3:g} ms", case.run.digest()):
            assert figure in text
        for place in ("skin_a", "fat", "periosteum", "transducer"):
            assert f"{max(case.run.samples.curves[place]):.1f} °C" in text
        for figure in ("temperatures, forward power and permit", "permit, relays and forward power around the event"):
            assert f'aria-label="{case.scenario.title}: {figure}' in text
    assert len(re.findall("<svg ", text)) == 2 * len(cases)


def test_every_curve_and_limit_has_its_name_in_the_figures(text):
    words = ("periosteum", "fat", "transducer", "skin A", "skin B", "skin limit 41 °C", "transducer limit 43 °C")
    power = ("power limit 120 W", "set limit 73.8 W", "permit pin", "second switch", "relay 1 closed", "relay 2 closed")
    for name in (*words, *power, "lost coupling", "last token", "bound 2.2 ms"):
        assert f">{name}<" in text, name


def test_head_limits_and_what_it_is_not(text):
    assert "2 of 2 cases did what they should" in text
    for said in (
        "bone_metastasis 1, board rev_a, host required",
        "tier: software",
        "sonofuse 1.2.3",
        "no claim of clearance",
    ):
        assert said in text
    for blind in ("H2 focus in the fat", "H6 nerve or off-target dose", "H7 fracture", "H10 cavitation"):
        assert f"<b>{blind}</b>" in text
    assert "What this is not" in text
    assert "<h1>Two &lt;cases&gt;</h1>" in text
    assert "<code>sonofuse hil run &#x27;a &amp; b&#x27;</code>" in text


def test_it_is_one_whole_file_that_asks_for_nothing(text):
    balance = Balance()
    balance.feed(text)
    assert balance.open == []
    assert len(balance.ids) == len(set(balance.ids))
    assert {address[0] for address in balance.addresses} == {"#"}
    assert {address[1:] for address in balance.addresses} <= set(balance.ids)
    for outside in ("<script", "@import", "<link", "<metadata", "<dc:date"):
        assert outside not in text
    assert set(re.findall(r"url\((.)", text)) <= {"#"}


def test_a_failed_case_is_said_everywhere(cases):
    failed = Case(replace(cases[0].outcome, passed=False, reason="took <too> long"))
    text = page(HEAD, [failed, cases[1]])
    assert "1 of 2 cases did what they should" in text
    assert 'class="verdict bad"' in text
    assert text.count("✗ not as expected") == 2
    assert "took &lt;too&gt; long" in text
    assert "0 of 1 case did what it should" in page(HEAD, [failed])


def test_rf_that_never_ends_is_said(cases):
    run = cases[0].run
    history = replace(run.history, watts=run.history.watts[:1], edges=[e for e in run.history.edges if e[2]])
    stuck = Case(replace(cases[0].outcome, run=replace(run, history=history)))
    assert (stuck.permit_low_us, stuck.rf_off_us) == (None, None)
    assert page(HEAD, [stuck]).count(">never<") == 2


def test_no_case_is_no_report():
    with pytest.raises(ValueError, match="at least one case"):
        page(HEAD, [])


@pytest.mark.parametrize("figure", [curves.overview, curves.instant])
def test_no_word_is_cut_off(figure, cases, monkeypatch):
    outside = []

    def measure(sheet, _label):
        canvas = FigureCanvasAgg(sheet)
        canvas.draw()
        for words in sheet.findobj(Annotation):
            box = Text.get_window_extent(words, canvas.get_renderer())
            if box.x0 < 0 or box.x1 > sheet.bbox.width - ROOM:
                outside.append(words.get_text())
        return ""

    monkeypatch.setattr(curves, "_svg", measure)
    for case in cases:
        figure(case)
    assert not outside


def test_no_two_words_above_the_lines_meet(cases, monkeypatch):
    met = []

    def measure(sheet, _label):
        canvas = FigureCanvasAgg(sheet)
        canvas.draw()
        words = [each for each in sheet.findobj(Annotation) if each.get_fontstyle() == "italic"]
        boxes = [Text.get_window_extent(each, canvas.get_renderer()) for each in words]
        met.extend(pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1]))
        assert len(boxes) >= 3
        return ""

    monkeypatch.setattr(curves, "_svg", measure)
    run = cases[0].run
    for apart_us in (110_000, 400_000, 800_000):
        early = tuple(Stimulus(run.rf_us[0] - n * apart_us, f"lost_coupling_{n}", "") for n in (2, 1))
        curves.overview(Case(replace(cases[0].outcome, run=replace(run, stimuli=(*early, *run.stimuli)))))
    assert not met


def test_the_picture_of_both(cases):
    svg = picture(*cases)
    assert svg == picture(*cases)
    assert svg.startswith("<svg role=")
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    for case in cases:
        assert f">{case.scenario.title}<" in svg
