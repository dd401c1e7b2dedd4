// From samples to what a strip shows: few enough points, a range of values, pieces of time with the same bounds.

const BUCKET_S = 0.3; // a pixel or two: of each the lowest and the highest value are drawn, so that no peak is lost
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
const MOST_STEPS = 3.2; // between the lowest and the highest

// Indices of the points to draw, -1 for a hole: lowest and highest of every bucket, in their order. Buckets lie fast in
// time, so that a curve does not flicker.
export function thinned(times, values) {
  const points = [];
  let [bucket, low, high] = [null, 0, 0];
  const close = () => {
    if (bucket === null) return;
    points.push(Math.min(low, high));
    if (low !== high) points.push(Math.max(low, high));
    bucket = null;
  };
  for (let index = 0; index < times.length; index += 1) {
    if (values[index] === null) {
      close();
      if (points.at(-1) !== -1) points.push(-1);
      continue;
    }
    const here = Math.floor(times[index] / BUCKET_S);
    if (here !== bucket) {
      close();
      [bucket, low, high] = [here, index, index];
    } else if (values[index] < values[low]) low = index;
    else if (values[index] >= values[high]) high = index;
  }
  close();
  const last = times.length - 1;
  if (last >= 0 && values[last] !== null && points.at(-1) !== last) points.push(last);
  return points;
}

// From below the lowest to above the highest of curves and bounds, in whole steps: { low, high, step }.
export function spread(columns, pieces) {
  let [least, most] = [Infinity, -Infinity];
  const see = (value) => {
    if (value === null) return;
    if (value < least) least = value;
    if (value > most) most = value;
  };
  for (const values of columns) values.forEach(see);
  for (const { high, low } of pieces) for (const bound of [high, low]) bound?.forEach(see);
  if (least > most) return { low: 0, high: 1, step: 1 };
  const step = STEPS.find((one) => (most - least) / one <= MOST_STEPS) ?? 1000;
  const room = 0.12 * (most - least || step);
  const low = Math.floor((least - room) / step) * step;
  return { low: least >= 0 ? Math.max(0, low) : low, high: Math.ceil((most + room) / step) * step, step };
}

// Pieces of the time from `start` to `end` with the bounds of one reading that held in them: { from, to, high, low }.
export function pieces(bounds, reading, start, end) {
  const found = [];
  for (const change of bounds) {
    const [high, low] = change.bounds[reading];
    const last = found.at(-1);
    if (last && JSON.stringify([last.high, last.low]) === JSON.stringify([high, low])) continue;
    if (last) last.to = change.time;
    found.push({ from: Math.max(change.time, start), to: end, high, low });
  }
  if (found.length === 1) found[0].from = start; // nothing is known of before, and the words need room
  return found.filter((piece) => piece.to > start);
}
