// Takes increments from the server, keeps the last minute, and draws the newest once per frame of the screen.
import { Alarms } from "./alarms.js";
import { Curves } from "./curves.js";
import { showNumbers } from "./numbers.js";
import { Veil, showState } from "./state.js";

const { staleS, seconds, alone } = globalThis.sonofuse;
const RECONNECT_MS = 500;
const HOPELESS_MS = 5000; // without a picture, after which another connection is tried
const GAP_S = 0.5; // a longer time without samples is a hole in the curve, not a line across it

const curves = new Curves(document.getElementById("curves"), seconds);
const alarms = new Alarms(document.getElementById("standing"), document.getElementById("heard"), alone);
const veil = new Veil(document.getElementById("veil"), staleS);
// What this page has done, for whoever measures it.
const counts = { pictures: 0, samples: 0, increments: 0 };
globalThis.sonofuse.counts = counts;

let history = null;
let newest = null; // what is still to be drawn: { number, view }
let lastView = null;
let planned = false;
let restUntil = 0;
let socket = null;
let tried = 0; // when the socket was opened

function take(message) {
  if (history === null || history.epoch !== message.epoch) {
    const names = message.view.readings.map((reading) => reading.name);
    history = { epoch: message.epoch, names, times: [], values: names.map(() => []), bounds: [] };
  }
  for (const [time, values, bounds] of message.samples) {
    const last = history.times.at(-1);
    if (last !== undefined && time - last > GAP_S) append(last + GAP_S, values.map(() => null));
    append(time, values);
    if (bounds !== undefined) note(time, bounds);
  }
  counts.samples += message.samples.length;
  counts.increments += 1;
  forget(history.times.at(-1) - seconds);
}

function append(time, values) {
  history.times.push(time);
  values.forEach((value, reading) => history.values[reading].push(value));
}

// The bounds that hold from `time` on; an increment repeats those that it begins with.
function note(time, bounds) {
  const before = history.bounds.at(-1);
  if (before && JSON.stringify(before.bounds) === JSON.stringify(bounds)) return;
  history.bounds.push({ time, bounds });
}

function forget(time) {
  let old = 0;
  while (old < history.times.length && history.times[old] < time) old += 1;
  if (old > 100 || history.times[0] < time - 1) {
    history.times.splice(0, old);
    for (const column of history.values) column.splice(0, old);
  }
  while (history.bounds.length > 1 && history.bounds[1].time < time) history.bounds.shift();
}

// Draws the newest picture in the next frame of the screen. A slow machine draws fewer: it spends no more than half of
// its time on pictures, so that STOP is heard at once.
function plan() {
  if (planned) return;
  planned = true;
  if (document.hidden) draw(); // no frames come to a page that nobody sees
  else setTimeout(() => requestAnimationFrame(draw), Math.max(0, restUntil - performance.now()));
}

function draw() {
  planned = false;
  if (newest === null) return;
  const began = performance.now();
  const { number, view } = newest;
  newest = null;
  lastView = view;
  if (!document.hidden) curves.draw(view, history);
  showNumbers(view);
  showState(view);
  veil.alive(view); // last: a picture that fails half-way is none
  counts.pictures += 1;
  drew(number);
  restUntil = 2 * performance.now() - began;
}

function drew(number) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ drawn: number }));
}

function connect() {
  tried = performance.now();
  const mine = new WebSocket(`ws://${location.host}/views`);
  socket = mine;
  mine.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.alarms) alarms.take(message.alarms);
    if (message.view) {
      take(message);
      newest = { number: message.number, view: message.view };
      plan();
    } else {
      drew(message.number);
    }
  };
  mine.onclose = () => {
    if (mine !== socket) return;
    alarms.lost();
    setTimeout(again, RECONNECT_MS);
  };
}

// A new socket; the server sends the whole minute again. The old one may hang on a network that went away.
function again() {
  socket.onmessage = socket.onclose = null;
  socket.close();
  history = newest = null;
  connect();
}

function look() {
  veil.look(lastView);
  alarms.look();
  if (veil.ageMs() > HOPELESS_MS && performance.now() - tried > HOPELESS_MS) again();
}

let drawnBefore = 0;
setInterval(() => {
  document.getElementById("rate").textContent = `${counts.pictures - drawnBefore} /s`;
  drawnBefore = counts.pictures;
}, 1000);
document.addEventListener("visibilitychange", draw);
setInterval(look, 100);
connect();
