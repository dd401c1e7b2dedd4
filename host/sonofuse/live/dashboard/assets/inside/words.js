// Numbers and texts for people.

// Sets a text only where it changed: 20 times a second most do not.
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function seconds(value) {
  return `${value.toFixed(1)} s`;
}

const DIGITS = { temperature: 2, power: 1, voltage: 3, flow: 2 };

export function reading(one) {
  if (one.value === null) return "not known";
  if (one.quantity === "contact") return one.value >= 0.5 ? "closed" : "open";
  return `${one.value.toFixed(DIGITS[one.quantity] ?? 2)} ${unit(one.unit)}`;
}

export function unit(name) {
  return { degC: "°C", C: "°C" }[name] ?? name;
}

export function amount(value, name) {
  return `${Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)} ${unit(name)}`.trim();
}
