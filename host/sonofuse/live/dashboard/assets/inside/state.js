// The state, large; the cause; and the veil over everything that is old.
import { put, seconds } from "./words.js";

const { faces, links } = globalThis.sonofuse; // words of sonofuse.live
const at = (id) => document.getElementById(id);

// Shapes that differ without their colours.
const SHAPES = {
  BOOT: '<circle cx="50" cy="50" r="38" fill="none" stroke="currentColor" stroke-width="9" stroke-dasharray="14 12"/>',
  SAFE:
    '<circle cx="50" cy="50" r="40" fill="none" stroke="currentColor" stroke-width="9"/>' +
    '<path d="M30 52 45 67 71 36" fill="none" stroke="currentColor" stroke-width="10"/>',
  ARMED:
    '<path d="M50 9 95 89H5Z" fill="none" stroke="currentColor" stroke-width="9" stroke-linejoin="round"/>' +
    '<path d="M50 37V62" stroke="currentColor" stroke-width="10"/><circle cx="50" cy="75" r="5.5" fill="currentColor"/>',
  ON:
    '<circle cx="50" cy="50" r="15" fill="currentColor"/>' +
    '<path d="M31 29A29 29 0 0 0 31 71M69 29A29 29 0 0 1 69 71M17 14A49 49 0 0 0 17 86M83 14A49 49 0 0 1 83 86" fill="none" stroke="currentColor" stroke-width="8"/>',
  TRIPPED:
    '<path d="M31 4H69L96 31V69L69 96H31L4 69V31Z" fill="currentColor"/>' +
    '<path d="M32 32 68 68M68 32 32 68" stroke="var(--shape-ground)" stroke-width="11"/>',
};
const UNKNOWN =
  '<path d="M50 4 96 50 50 96 4 50Z" fill="none" stroke="currentColor" stroke-width="8" stroke-dasharray="16 8"/>' +
  '<text x="50" y="68" text-anchor="middle" font-size="54" font-weight="700" fill="currentColor">?</text>';

const CAN_BE_BELIEVED = ["connected", "joining"]; // the device itself is heard

function face(state) {
  return faces[state] ?? { word: state, colour: faces[""].colour, says: "unknown to this version" };
}

function paint(state, says, doing) {
  const { word, colour } = face(state);
  if (document.body.dataset.state !== state) {
    document.body.dataset.state = state;
    at("shape").innerHTML = SHAPES[state] ?? UNKNOWN;
    at("state").style.setProperty("--colour", colour);
    put(at("word"), word);
    document.title = `${word} · sonofuse`;
  }
  put(at("says"), says);
  put(at("doing"), doing);
}

function doing(view) {
  if (view.state === "ARMED") return `${view.set_w} W\nfor ${view.set_s} s`;
  if (view.state === "ON") return `${seconds(view.on_s)} of ${view.set_s} s\n${view.set_w} W`;
  return "";
}

function old(view) {
  const was = view && view.state ? `was ${face(view.state).word}; ` : "";
  return `${was}${face("").says}`;
}

export function showState(view) {
  const known = CAN_BE_BELIEVED.includes(view.link);
  const state = known ? view.state : "";
  paint(state, known ? face(state).says : old(view), known ? doing(view) : "");
  const warned = view.readings.filter((reading) => reading.warning).map((reading) => reading.name);
  const tripped = state === "TRIPPED";
  const why = at("why");
  why.dataset.level = tripped ? "trip" : warned.length ? "warning" : view.cause_text ? "past" : "none";
  if (warned.length && !tripped) {
    put(at("why-title"), "▲ Warning");
    put(at("why-kind"), "");
    put(at("why-text"), `${warned.join(", ")} beyond a warning`);
  } else if (view.cause_text) {
    put(at("why-title"), tripped ? "Cause of the trip" : "Last trip");
    put(at("why-kind"), view.physiological ? "♥ patient" : "⚙ equipment");
    put(at("why-text"), view.cause_text);
  } else {
    put(at("why-title"), "Last trip");
    put(at("why-kind"), "");
    put(at("why-text"), "none");
  }
}

// Shows itself when it is not told that the page is alive. The animation that does so is the browser's own, so that it
// also comes when these scripts hang: it begins to show after `staleS`, and every picture starts it again.
export class Veil {
  constructor(element, staleS) {
    this.element = element;
    this.staleMs = 1000 * staleS;
    this.last = performance.now();
    this.animation = element.animate([{ opacity: 0 }, { opacity: 1 }], {
      duration: 1,
      delay: this.staleMs,
      fill: "both",
    });
  }

  alive(view) {
    this.last = performance.now();
    this.animation.currentTime = 0;
    this.animation.play();
    this.lost(view.link === "connected" ? "" : links[view.link] ?? view.link);
  }

  ageMs() {
    return performance.now() - this.last;
  }

  // Ten times a second: says since when nothing comes, and takes back what was believed.
  look(view) {
    const age = this.ageMs();
    if (age < this.staleMs) return;
    paint("", old(view), "");
    this.lost(`no new picture for ${seconds(age / 1000)}: what you see is old`);
  }

  lost(why) {
    document.body.classList.toggle("old", why !== "");
    put(at("lost"), why || "no new picture: what you see is old");
  }
}
