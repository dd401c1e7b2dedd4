// What needs a person: a row for each alarm that stands, the most urgent first, and its sound.
import { put } from "./words.js";

const KINDS = { physiological: "♥ patient", technical: "⚙ equipment" };
const ALONE_MS = 3000; // a word comes at least once a second, also while no pictures come
const NOBODY = { kind: "technical", priority: "high", text: "nothing comes from the monitor: nobody sees the device" };
const { AlarmSound } = globalThis;

export class Alarms {
  /** @param alone what sounds while the server is not heard. */
  constructor(list, heard, alone) {
    [this.list, this.heard, this.alone] = [list, heard, alone];
    this.last = { standing: [], sound: null, silent_s: 0 };
    this.since = performance.now();
    this.player = new AlarmSound(new AudioContext());
    globalThis.sonofuse.player = this.player;
    // Browsers let nothing be heard before a person has touched the page.
    const unlock = () => this.player.unlock().then(() => this.look());
    for (const type of ["pointerdown", "keydown"]) window.addEventListener(type, unlock, { capture: true });
    window.addEventListener("keydown", (event) => isSilence(event) && silence());
  }

  take(alarms) {
    this.since = performance.now();
    this.last = alarms;
    this.look();
  }

  lost() {
    this.since = -Infinity;
    this.look();
  }

  look() {
    const alone = performance.now() - this.since > ALONE_MS;
    const standing = alone ? [NOBODY] : this.last.standing;
    const sound = alone ? this.alone : this.last.sound;
    this.player.play(sound);
    show(this.list, standing);
    put(this.heard, heard(sound, alone ? 0 : this.last.silent_s, this.player.blocked));
  }
}

function heard(sound, silentS, blocked) {
  if (silentS > 0) return `silent for ${silentS} s`;
  if (sound === null) return "";
  return blocked ? "no sound yet: click or press a key" : "sounds; M pauses it";
}

function show(list, standing) {
  const key = JSON.stringify(standing);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...standing.map(row));
}

function row(alarm) {
  const element = document.createElement("li");
  const [kind, text] = [document.createElement("b"), document.createElement("span")];
  kind.textContent = `${KINDS[alarm.kind]} · ${alarm.priority}`;
  const more = alarm.acknowledged ? " (seen)" : alarm.present === false ? " (over, nobody has seen it)" : "";
  text.textContent = alarm.text + more;
  element.dataset.priority = alarm.priority;
  element.dataset.kind = alarm.kind;
  element.dataset.seen = alarm.acknowledged ? "yes" : "";
  element.append(kind, text);
  return element;
}

function isSilence(event) {
  const writes = event.target instanceof HTMLElement && event.target.matches("input, textarea");
  return (event.key === "m" || event.key === "M") && !event.repeat && !event.ctrlKey && !event.metaKey && !writes;
}

function silence() {
  document.querySelector("[data-does=silence]")?.click();
}
