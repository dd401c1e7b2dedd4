"""The page in a real browser: a run from arming to acknowledging, STOP, and pictures that stop coming."""

import pytest

from tests.live.dashboard.browser import SIZES, Browser
from tests.live.dashboard.served import Served

ESCAPE, DELETE, ALL = "\ue00c", "\ue017", "\ue009a\ue000"  # ALL: Ctrl-A
_ON_TOP = """(() => {
  const box = arguments[0].getBoundingClientRect();
  const at = [box.x + box.width / 2, box.y + box.height / 2];
  const inside = box.x >= 0 && box.y >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  return inside && arguments[0].contains(document.elementFromPoint(...at));
})()"""

# All that the button says from now on: that it was sent stands for three seconds only.
SHOWN = """
globalThis.shown = [];
const stop = document.getElementById('stop');
new MutationObserver(() => shown.push(stop.dataset.sent)).observe(stop, {attributeFilter: ['data-sent']});
"""


def _run(tab: Browser, served: Served) -> None:
    tab.show(served)
    tab.click("arm")
    assert served.called("arm") == [40.0, 20.0]  # as the session plans it
    tab.until_text("word", "ARMED")
    tab.until_text("doing", "40 W\nfor 20 s")
    tab.click("start")
    tab.until_text("word", "ON")


def _ask(tab: Browser) -> None:
    """Open the dialog; who and why are asked anew each time."""
    tab.until_text("word", "TRIPPED")
    tab.click("acknowledge")
    tab.until("['who', 'why'].every((name) => document.querySelector(`[data-field=${name}]`).value === '')")


def test_a_run_is_watched_warns_trips_and_is_acknowledged(tab: Browser, served: Served) -> None:
    _run(tab, served)
    before = tab.js("[sonofuse.counts.samples, document.querySelector('.strip canvas').toDataURL()]")
    skin = tab.js("document.querySelector('#readings .gauge .value').textContent")
    tab.until("sonofuse.counts.samples > arguments[0] + 10", before[0])
    tab.until("document.querySelector('#readings .gauge .value').textContent !== arguments[0]", skin)
    tab.until("document.querySelector('.strip canvas').toDataURL() !== arguments[0]", before[1])

    served.set(hot=5.0, speed=4, hold_c=39.5)
    tab.until_text("why-title", "Warning")
    tab.until_text("why-text", "skin_a")
    assert tab.text("word") == "ON"
    served.set(hold_c=40.4991)
    tab.until_text("word", "TRIPPED")
    tab.until_text("why-text", "skin_a above: above its limit")
    assert "patient" in tab.text("why-kind")

    _ask(tab)  # too soon: the skin is still hot, and the device says so
    tab.type("who", "A. Nurse")
    tab.type("why", "coupling was lost, gel renewed")
    tab.click("confirm")
    assert served.called("acknowledge") == [False, "A. Nurse", "coupling was lost, gel renewed"]
    tab.until("document.querySelector('.controls .said').textContent.includes('not done: the cause is still present')")
    assert tab.text("word") == "TRIPPED"

    served.set(hold_c=1000)
    tab.until("parseFloat(document.querySelector('#readings .value').textContent) < 40.3")
    _ask(tab)
    tab.type("who", "B. Doctor")
    tab.type("why", "skin is cool again")
    tab.find("[data-field=new] > :nth-child(2) .q-radio").click()
    tab.click("confirm")
    assert served.called("acknowledge") == [True, "B. Doctor", "skin is cool again"]
    tab.until_text("word", "SAFE")
    tab.until("document.querySelector('.controls .said').textContent.includes('Acknowledge: done')")
    assert tab.text("why-title") == "Last trip"


def test_without_who_or_why_nothing_is_acknowledged(tab: Browser, served: Served) -> None:
    tab.show(served)
    served.trip(0x0200, "skin_a stale: no new conversion for too long")
    tab.until_text("why-kind", "equipment")
    for who, why in (("", ""), ("A. Nurse", "   "), ("  ", "checked")):
        _ask(tab)
        tab.type("who", who)
        tab.type("why", why)
        tab.click("confirm")
        tab.until("document.querySelector('.q-field--error') !== null")
        tab.click("cancel")
        tab.until("document.querySelector('[data-field=who]') === null")
    served.set()  # every call before this would have come by now
    assert served.calls == []
    assert tab.text("word") == "TRIPPED"


@pytest.mark.parametrize("key", [" ", ESCAPE], ids=["space", "escape"])
def test_one_key_stops(tab: Browser, served: Served, key: str) -> None:
    _run(tab, served)
    tab.driver.execute_script("document.querySelector('[data-does=silence]').focus()")  # which a space would press
    tab.driver.execute_script("globalThis.heard = []; document.addEventListener('keydown', (e) => heard.push(e.key))")
    tab.driver.execute_script(SHOWN)
    tab.press(key)
    assert tab.js("heard") == []  # the key is STOP and nothing else
    assert served.called("stop") == []
    tab.until_text("word", "TRIPPED")
    tab.until_text("why-text", "STOP was commanded")
    tab.until("shown.includes('sent')")
    assert [name for name, _ in served.calls] == ["start"]


def test_escape_stops_while_a_dialog_is_open_and_space_writes_there(tab: Browser, served: Served) -> None:
    tab.show(served)
    served.trip(0x0200, "skin_a stale: no new conversion for too long")
    _ask(tab)
    tab.type("who", "A B")
    assert tab.js("document.querySelector('[data-field=who]').value") == "A B"
    assert served.calls == []
    tab.type("who", ESCAPE)
    assert served.called("stop") == []
    assert tab.js("document.querySelector('[data-field=who]').value") == "A B"  # still open
    served.set(state="SAFE")
    tab.until("document.querySelector('[data-field=who]') === null")  # so that Space is STOP again


def test_space_is_stop_in_a_field_that_takes_none_and_in_all_where_rf_may_be_on(tab: Browser, served: Served) -> None:
    tab.show(served)
    tab.type("set-power", " ")
    assert served.called("stop") == []
    assert tab.js("document.querySelector('[data-field=set-power]').value") == "40"
    tab.driver.execute_script("document.body.insertAdjacentHTML('beforeend', '<input data-field=other>')")  # of a panel
    for state in ("ARMED", "ON", "BOOT"):
        served.set(state=state, set_w=40.0, set_s=1000.0)
        tab.until("document.body.dataset.state === arguments[0]", state)
        tab.type("other", " ")
        assert served.called("stop") == []
    served.set(state="SAFE")
    tab.until_text("word", "SAFE")
    tab.type("other", "a b")
    assert tab.js("document.querySelector('[data-field=other]').value") == "a b"
    tab.driver.execute_script("document.querySelector('[data-field=other]').remove()")


def test_stop_is_seen_and_can_be_pressed_at_every_size_also_beside_a_dialog(tab: Browser, served: Served) -> None:
    tab.show(served)
    served.trip(0x0200, "skin_a stale: no new conversion for too long")
    for size in SIZES:
        tab.resize(size)
        assert tab.js("document.documentElement.scrollWidth <= innerWidth"), size
        small = tab.js(
            "[...document.querySelectorAll('button, input, .q-radio')].map((e) => [e.dataset.does ?? e.id,"
            " (e.closest('.q-field__control') ?? e).getBoundingClientRect().height])"
            ".filter(([, high]) => high > 0 && high < 44)"
        )
        assert small == [], size
        assert tab.js(_ON_TOP, tab.find("#stop")), size
        tab.click("acknowledge")
        tab.until("document.querySelector('[data-does=confirm]') !== null")
        assert tab.js(_ON_TOP, tab.find("#stop")), size
        assert tab.js(_ON_TOP, tab.find("[data-does=confirm]")), size
        tab.find("#stop").click()
        assert served.called("stop") == []
        tab.click("cancel")
        tab.until("document.querySelector('[data-does=confirm]') === null")
    tab.resize("desktop")


def test_a_stop_that_cannot_be_sent_is_said_and_tried_again(tab: Browser, served: Served) -> None:
    _run(tab, served)
    served.set(deaf=True)
    tab.driver.execute_script(SHOWN)
    tab.find("#stop").click()
    tab.until_text("stop-hint", "NOT SENT (the watcher is gone): use the STOP at the device")
    assert tab.text("word") == "ON"
    served.set(deaf=False)
    tab.until_text("word", "TRIPPED")
    tab.until("shown.includes('sent')")


@pytest.mark.parametrize("how", ["quiet", "broken"])
def test_a_page_whose_pictures_stop_says_so_by_itself(tab: Browser, served: Served, how: str) -> None:
    _run(tab, served)
    assert tab.js("getComputedStyle(document.getElementById('veil')).opacity") == "0"
    served.set(**{how: True})
    tab.until("getComputedStyle(document.getElementById('veil')).opacity === '1'")
    tab.until_text("lost", "no new picture for")
    tab.until_text("word", "NOT KNOWN")
    tab.until_text("says", "was ON")
    tab.until("getComputedStyle(document.querySelector('#curves > *')).filter.includes('grayscale')")
    tab.until(
        "[...document.querySelectorAll('.controls .buttons:not(.alarm) .q-btn, [data-does=acknowledge]')]"
        ".every((button) => button.disabled)"
    )
    served.set(**{how: False})
    tab.until("getComputedStyle(document.getElementById('veil')).opacity === '0'")
    tab.until_text("word", "ON")


def test_a_picture_that_fails_half_way_is_none(tab: Browser, served: Served) -> None:
    tab.show(served)
    tab.driver.execute_script("document.getElementById('receipt').remove()")
    tab.until("getComputedStyle(document.getElementById('veil')).opacity === '1'")
    tab.until_text("word", "NOT KNOWN")
    tab.driver.get("about:blank")


def test_the_veil_waits_half_a_second_of_the_browser(tab: Browser, served: Served) -> None:
    tab.open(served)
    timing = tab.js("document.getElementById('veil').getAnimations()[0].effect.getComputedTiming()")
    assert (timing["delay"], timing["fill"]) == (500, "both")  # it begins by itself, whatever the scripts do
    assert timing["endTime"] <= 1000


@pytest.mark.parametrize(
    ("link", "says", "state"),
    [
        ("no port", "the serial port is not open", "NOT KNOWN"),
        ("silent", "no telemetry comes from the device", "NOT KNOWN"),
        ("joining", "does not yet stand beside", "SAFE"),
    ],
)
def test_a_link_that_is_not_connected_is_a_banner(
    tab: Browser, served: Served, link: str, says: str, state: str
) -> None:
    tab.show(served)
    served.set(link=link)
    tab.until_text("lost", says)
    tab.until("getComputedStyle(document.getElementById('veil')).opacity === '1'")
    tab.until_text("word", state)
    served.set(link="connected")
    tab.until("getComputedStyle(document.getElementById('veil')).opacity === '0'")


def test_no_sample_is_lost_and_a_page_that_opens_late_gets_the_last_minute(tab: Browser, served: Served) -> None:
    tab.open(served)
    tab.until("sonofuse.counts.pictures > 40")
    served.set(quiet=True)
    given = min(served.views(), 1201)
    tab.until("sonofuse.counts.samples >= arguments[0]", given)
    pictures, increments = tab.js("[sonofuse.counts.pictures, sonofuse.counts.increments]")
    assert 40 < pictures <= increments <= given


def test_what_is_not_known_is_not_drawn_as_a_value(tab: Browser, served: Served) -> None:
    served.set(missing="skin_b")
    tab.open(served)
    assert tab.js("document.querySelectorAll('#readings .gauge .value')[1].textContent") == "not known"
    assert tab.js("document.querySelectorAll('#readings .gauge')[1].dataset.level") == "trip"


def test_every_state_has_its_own_word_and_shape(tab: Browser, served: Served) -> None:
    tab.show(served)
    seen: set[str] = set()
    for state, word in zip(
        ("BOOT", "ARMED", "ON", "TRIPPED", "SAFE", ""),
        ("BOOT", "ARMED", "ON", "TRIPPED", "SAFE", "NOT KNOWN"),
        strict=True,
    ):
        served.set(state=state, set_w=40.0, set_s=1000.0)
        tab.until("document.getElementById('word').textContent === arguments[0]", word)
        seen.add(tab.js("document.getElementById('shape').innerHTML"))
    assert len(seen) == 6


def test_a_start_that_is_inhibited_says_why(tab: Browser, served: Served) -> None:
    tab.show(served)
    served.set(inhibited="cooling gap: 32 s left")
    tab.until("document.querySelector('[data-does=arm]').disabled")
    tab.until("document.querySelector('.controls .next').textContent.includes('cooling gap: 32 s left')")
    assert "cooling gap: 32 s left" in tab.text("treatment")


def test_another_set_point_is_typed_and_the_plan_comes_back(tab: Browser, served: Served) -> None:
    tab.show(served)
    tab.type("set-power", ALL + "25.5")
    tab.click("arm")
    assert served.called("arm") == [25.5, 20.0]
    tab.click("disarm")
    tab.until_text("word", "SAFE")
    tab.click("plan")
    tab.until("document.querySelector('[data-field=set-power]').value === '40'")
    for nonsense in (DELETE, "0"):
        tab.type("set-power", ALL + nonsense)
        tab.click("arm")
        tab.until("document.querySelector('.controls .said').textContent.includes('must be numbers above zero')")
        assert [name for name, _ in served.calls if name == "arm"] == []
        tab.type("set-power", ALL + "40")
        tab.click("arm")
        assert served.called("arm") == [40.0, 20.0]
        tab.click("disarm")
        assert served.called("disarm") == []
        tab.until("document.querySelector('.controls .said').textContent.includes('Disarm: done')")


def test_nothing_is_asked_of_any_other_host(tab: Browser, served: Served) -> None:
    tab.asked_for()
    tab.open(served)
    tab.until("sonofuse.counts.pictures > 20")
    asked = tab.asked_for()
    assert len(asked) > 15  # scripts, sheets, fonts
    own = (served.address + "/", served.address.replace("http", "ws") + "/", "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []


def test_panels_of_others_have_their_place_also_one_that_fails(tab: Browser, served: Served) -> None:
    tab.show(served)
    assert "This panel failed: broken on purpose" in tab.js(
        "[...document.querySelectorAll('.extra')].at(-1).textContent"
    )
    tab.find(".extra .q-btn").click()
    assert served.called("fault") == []
