// One strip: a heading with the newest values, and a canvas with curves, limits, guard bands and warnings.
import { pieces, spread, thinned } from "./scale.js";
import { put, reading, unit } from "./words.js";

const LINES = [
  { colour: "#56B4E9", dash: [], sign: "━" },
  { colour: "#CC79A7", dash: [7, 4], sign: "╍" },
  { colour: "#009E73", dash: [2, 3], sign: "┅" },
  { colour: "#F0E442", dash: [10, 3, 2, 3], sign: "┉" },
];
const [LIMIT, WARN, QUIET, GRID] = ["#D55E00", "#E69F00", "#9aa5b1", "#252e37"];
const BAND = "rgb(213 94 0 / 30%)";
const FONT = "12px Roboto, sans-serif";
const GRID_S = 10;
const NAMED_S = 12; // a shorter piece has no room for words
const [LEFT, RIGHT, EDGE] = [44, 8, 7]; // px around the curves
const ASIDE = 130; // px, the longest name of a bound
const ROOMY = 120; // px of height from which on warnings have words too

export class Strip {
  constructor(parent, members, seconds) {
    this.members = members;
    this.seconds = seconds;
    this.element = document.createElement("figure");
    this.element.className = members.length > 1 ? "strip large" : "strip";
    this.element.innerHTML = "<figcaption></figcaption><div><canvas></canvas></div>";
    parent.append(this.element);
    const [heading, frame] = this.element.children;
    this.labels = members.map((_, number) => label(heading, LINES[number % LINES.length]));
    this.canvas = frame.firstElementChild;
    this.pen = this.canvas.getContext("2d");
    this.resizing = new ResizeObserver(() => this.resize(frame));
    this.resizing.observe(frame);
    this.resize(frame);
  }

  remove() {
    this.resizing.disconnect();
    this.element.remove();
  }

  resize(frame) {
    const ratio = devicePixelRatio;
    [this.width, this.height] = [frame.clientWidth, frame.clientHeight];
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.shown?.();
  }

  draw(view, history) {
    this.members.forEach((member, number) => {
      put(this.labels[number].name, view.readings[member].name);
      put(this.labels[number].value, reading(view.readings[member]));
    });
    this.shown = () => this.paint(history, unit(view.readings[this.members[0]].unit));
    this.shown();
  }

  paint(history, name) {
    const { pen, width, height } = this;
    const end = history.times.at(-1);
    const start = end - this.seconds;
    const columns = this.members.map((member) => history.values[member]);
    const held = pieces(history.bounds, this.members[0], start, end);
    const range = spread(columns, held);
    const x = (time) => LEFT + ((time - start) / this.seconds) * (width - LEFT - RIGHT);
    const y = (value) => height - EDGE - ((value - range.low) / (range.high - range.low)) * (height - 2 * EDGE);
    pen.clearRect(0, 0, width, height);
    pen.font = FONT;
    this.grid(range, start, end, x, y);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, 0, width - LEFT - RIGHT, height);
    pen.clip();
    for (const piece of held) this.bounds(piece, name, x, y);
    columns.forEach((values, number) => this.curve(history.times, values, LINES[number % LINES.length], x, y));
    pen.restore();
  }

  grid(range, start, end, x, y) {
    const { pen } = this;
    pen.fillStyle = QUIET;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    const digits = range.step < 1 ? 1 : 0;
    for (let step = 0; range.low + step * range.step <= range.high * 1.0001; step += 1) {
      const value = range.low + step * range.step;
      pen.fillText(value.toFixed(digits), LEFT - 6, y(value));
      this.line(GRID, [], 1, x(start), y(value), x(end), y(value));
    }
    for (let time = Math.ceil(start / GRID_S) * GRID_S; time <= end; time += GRID_S)
      this.line(GRID, [], 1, x(time), y(range.low), x(time), y(range.high));
  }

  bounds({ from, to, high, low }, name, x, y) {
    const { pen } = this;
    const [left, right] = [x(from), x(to)];
    const named = to - from > NAMED_S;
    pen.textAlign = "left";
    for (const [bound, side] of [[high, -1], [low, 1]]) {
      if (!bound) continue;
      const at = left + (side < 0 ? 5 : 5 + ASIDE); // beside each other: lines may be near each other
      const [limit, trip, warn] = bound;
      pen.fillStyle = BAND;
      pen.fillRect(left, y(limit), right - left, y(trip) - y(limit));
      this.line(LIMIT, [], 2, left, y(limit), right, y(limit));
      this.line(LIMIT, [3, 3], 1, left, y(trip), right, y(trip));
      if (named) this.say(`limit ${limit} ${name}`, LIMIT, at, y(limit) + 9 * side);
      if (warn === null) continue;
      this.line(WARN, [8, 5], 1.5, left, y(warn), right, y(warn));
      if (named && this.height > ROOMY) this.say(`warning ${warn} ${name}`, WARN, at, y(warn) - 9 * side);
    }
  }

  curve(times, values, { colour, dash }, x, y) {
    const { pen } = this;
    pen.beginPath();
    let drawing = false;
    for (const index of thinned(times, values)) {
      if (index < 0) drawing = false;
      else if (drawing) pen.lineTo(x(times[index]), y(values[index]));
      else {
        pen.moveTo(x(times[index]), y(values[index]));
        drawing = true;
      }
    }
    pen.setLineDash(dash);
    pen.lineJoin = "round";
    [pen.strokeStyle, pen.lineWidth] = [colour, 2.2];
    pen.stroke();
  }

  line(colour, dash, width, x1, y1, x2, y2) {
    const { pen } = this;
    pen.setLineDash(dash);
    [pen.strokeStyle, pen.lineWidth] = [colour, width];
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  }

  say(text, colour, x, y) {
    this.pen.fillStyle = colour;
    this.pen.fillText(text, x, y);
  }
}

function label(heading, { colour, sign }) {
  const element = document.createElement("span");
  element.innerHTML = `<i style="color: ${colour}">${sign}</i> <b></b> <em></em>`;
  heading.append(element);
  return { name: element.children[1], value: element.children[2] };
}
