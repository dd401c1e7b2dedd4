// The last minute of temperatures and power, with what limits them. A strip per group of readings that share their
// bounds, so that each has its own scale and no line needs its colour to be told from another.
//
// Drawn here and not by ECharts, which NiceGUI brings: the same strips took 16 times as long with it, too long for 20
// pictures a second on a tablet that must also hear STOP.
import { Strip } from "./strip.js";

const CURVED = ["temperature", "power"];

// Readings of one place have the same bounds: they share a strip. Indices of `readings`.
function groups(readings) {
  const found = new Map();
  readings.forEach((one, index) => {
    if (!CURVED.includes(one.quantity)) return;
    const bounded = one.quantity === "temperature" && (one.high || one.low); // those of power change with the state
    const key = bounded ? JSON.stringify([one.high, one.low]) : `${index}`;
    found.set(key, [...(found.get(key) ?? []), index]);
  });
  return [...found.values()];
}

export class Curves {
  constructor(parent, seconds) {
    this.parent = parent;
    this.seconds = seconds;
    this.epoch = null;
    this.strips = [];
  }

  draw(view, history) {
    if (this.epoch !== history.epoch) {
      this.epoch = history.epoch;
      this.strips.forEach((strip) => strip.remove());
      this.strips = groups(view.readings).map((members) => new Strip(this.parent, members, this.seconds));
    }
    for (const strip of this.strips) strip.draw(view, history);
  }
}
