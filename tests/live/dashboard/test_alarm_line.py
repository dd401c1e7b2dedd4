"""What needs a person, on the page in a real browser: its line, its sound, silence, and what has been seen."""

import pytest

from tests.live.dashboard.browser import Browser
from tests.live.dashboard.served import Served

ROWS = "[...document.querySelectorAll('#standing li')].map((row) => row.textContent)"
# The loudest of what the page plays within 50 ms or so, from the audio engine itself.
LOUD = """(() => {
  const player = globalThis.sonofuse.player;
  if (player.source === null) return 0;
  if (player.tap?.of !== player.source) {
    player.tap = player.context.createAnalyser();
    player.tap.of = player.source;
    player.source.connect(player.tap);
  }
  const samples = new Float32Array(player.tap.fftSize);
  player.tap.getFloatTimeDomainData(samples);
  return Math.max(...samples.map(Math.abs));
})()"""
ABOVE, STALE = 0x0400, 0x0200


@pytest.fixture
def at_rest(tab: Browser, served: Served) -> Browser:
    """The page, touched once, so that the browser lets it be heard."""
    tab.show(served)
    tab.find("#word").click()
    if tab.js("document.querySelector('[data-does=seen]').disabled === false"):
        tab.click("seen")
    tab.until(f"{ROWS}.length === 0")
    return tab


def test_a_trip_of_the_patient_stands_sounds_and_is_silenced_for_a_while(at_rest: Browser, served: Served) -> None:
    tab = at_rest
    served.trip(ABOVE, "skin_a above: above its limit")
    tab.until(f"{ROWS}[0] === '♥ patient · highskin_a above: above its limit'")
    tab.until_text("heard", "sounds")
    tab.until(f"{LOUD} > 0.1")
    tab.find("#word").click()
    tab.press("m")
    tab.until_text("heard", "silent for 1")  # 120 s, counted down
    assert served.called("silence") == []
    tab.until(f"{LOUD} === 0")
    assert tab.js(f"{ROWS}.length") == 1  # it stands all the same
    served.set(link="silent")  # more that is as urgent: heard at once
    tab.until_text("heard", "sounds")
    tab.until(f"{ROWS}.some((row) => row.includes('the link to the device is lost'))")
    served.set(link="connected")
    tab.until(f"{ROWS}.some((row) => row.includes('(over, nobody has seen it)'))")  # latched


def test_the_equipment_s_alarm_is_told_apart_and_goes_when_it_is_acknowledged(at_rest: Browser, served: Served) -> None:
    tab = at_rest
    served.trip(STALE, "skin_a stale: no new conversion for too long")
    tab.until(f"{ROWS}[0].startsWith('⚙ equipment · medium')")
    technical = tab.js("globalThis.sonofuse.player.source.buffer.duration")
    tab.click("acknowledge")
    tab.type("who", "A B")
    tab.type("why", "plugged in")
    tab.click("confirm")
    tab.until(f"{ROWS}.length === 0")
    assert tab.text("heard") == "" and tab.js(LOUD) == 0
    served.trip(ABOVE, "skin_a above: above its limit")
    tab.until("globalThis.sonofuse.player.source !== null")
    assert tab.js("globalThis.sonofuse.player.source.buffer.duration") != technical


def test_what_was_lost_and_came_back_waits_until_a_person_has_seen_it(at_rest: Browser, served: Served) -> None:
    tab = at_rest
    served.set(quiet=True)  # the watcher says nothing; the page's server does
    tab.until(f"{ROWS}.some((row) => row.includes('nothing comes from the watcher'))")
    served.set(quiet=False)
    tab.until("document.querySelector('[data-shows=next]').textContent.includes('press Seen')")
    tab.click("seen")
    tab.until(f"{ROWS}.length === 0")


def test_a_page_that_is_left_alone_sounds_by_itself(tab: Browser) -> None:
    with Served() as other:
        tab.open(other)
        tab.find("#word").click()
        other.process.kill()
        tab.until(f"{ROWS}[0]?.includes('nothing comes from the monitor')")
        tab.until(f"{LOUD} > 0.1")
    tab.driver.get("about:blank")
