// Plays the timelines of alarm_sound.py.
//
// One period is rendered once and looped by the audio engine: a page in the background, whose timers are slowed down,
// keeps the rhythm, and so does one whose connection is gone.
"use strict";

/** One period of a timeline as samples between -1 and 1. */
function renderAlarm(timeline, rate) {
  const samples = new Float32Array(Math.round((timeline.period_ms * rate) / 1000));
  const levels = timeline.harmonics_db.map((db) => 10 ** (db / 20));
  const gain = 10 ** (timeline.level_db / 20) / levels.reduce((sum, level) => sum + level, 0);
  for (const [start, length, hertz] of timeline.pulses) {
    // A pulse lasts from 90 % of its rise to 90 % of its fall, and both ramps are as long.
    const ramp = timeline.rise * length;
    const end = length + 1.8 * ramp;
    const first = Math.round((start * rate) / 1000);
    for (let i = 0; ; i++) {
      const ms = (i * 1000) / rate;
      if (ms >= end || first + i >= samples.length) break;
      const envelope = Math.min(1, ms / ramp, (end - ms) / ramp);
      const phase = (2 * Math.PI * hertz * ms) / 1000;
      let sum = 0;
      levels.forEach((level, n) => (sum += level * Math.sin((n + 1) * phase)));
      samples[first + i] += gain * envelope * sum;
    }
  }
  return samples;
}

class AlarmSound {
  /** @param context an AudioContext of the page; it stays silent until a person has touched the page. */
  constructor(context) {
    this.context = context;
    this.number = null;
    this.source = null;
  }

  /** Whether the browser lets nothing be heard yet: the page has to say so, and call `unlock` from a touch or a key. */
  get blocked() {
    return this.context.state !== "running";
  }

  unlock() {
    return this.context.resume();
  }

  /** Sounds from now on and again and again; null is silence, the same number goes on as it is. */
  play(sound) {
    const number = sound === null ? null : sound.number;
    if (number === this.number) return;
    if (this.source !== null) {
      this.source.stop();
      this.source.disconnect();
      this.source = null;
    }
    this.number = number;
    if (sound === null) return;
    const samples = renderAlarm(sound.timeline, this.context.sampleRate);
    const buffer = this.context.createBuffer(1, samples.length, this.context.sampleRate);
    buffer.copyToChannel(samples, 0);
    this.source = this.context.createBufferSource();
    this.source.buffer = buffer;
    this.source.loop = true;
    this.source.connect(this.context.destination);
    this.source.start();
  }
}

globalThis.renderAlarm = renderAlarm;
globalThis.AlarmSound = AlarmSound;
