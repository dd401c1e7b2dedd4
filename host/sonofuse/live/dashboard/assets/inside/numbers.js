// Everything that is a number or a bar: readings with their margins, budgets, session, receipts.
import { amount, put, reading, seconds } from "./words.js";

const at = (id) => document.getElementById(id);
const SOON_S = 5; // to a limit: time enough to press STOP
const STARTS = ["SAFE", "ARMED"]; // from where one could go on to RF
const CONTACT = "contact";
const NEARLY = 0.8; // of a budget: from here on it is marked

// A row with a name, a value, a bar and what the bar says; made once, then only changed.
class Bar {
  constructor(parent, name) {
    this.element = document.createElement("div");
    this.element.className = "gauge";
    this.element.innerHTML = '<b></b><span class="note"></span><span class="value"></span><div class="bar"><i></i></div>';
    [this.name, this.note, this.value, this.bar] = this.element.children;
    this.name.textContent = name;
    this.fill = this.bar.firstElementChild;
    parent.append(this.element);
  }

  show(value, share, note, level) {
    put(this.value, value);
    put(this.note, note);
    const known = share !== null;
    this.bar.classList.toggle("none", !known);
    const width = known ? `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%` : "0%";
    if (this.fill.style.width !== width) this.fill.style.width = width;
    if (this.element.dataset.level !== level) this.element.dataset.level = level;
  }
}

// Rows by name; made anew when the names are others.
class Bars {
  constructor(parent) {
    this.parent = parent;
    this.key = null;
    this.rows = [];
  }

  of(names) {
    const key = names.join("\n");
    if (key !== this.key) {
      this.key = key;
      this.parent.replaceChildren();
      this.rows = names.map((name) => new Bar(this.parent, name));
    }
    return this.rows;
  }
}

const readings = new Bars(at("readings"));
const budgets = new Bars(at("budgets"));

function showReadings(view) {
  showContacts(view.readings.filter((one) => one.quantity === CONTACT));
  const measured = view.readings.filter((one) => one.quantity !== CONTACT);
  const rows = readings.of(measured.map((one) => one.name));
  measured.forEach((one, index) => {
    const level = one.value === null || (one.margin !== null && one.margin <= 0) ? "trip" : one.warning ? "warning" : "";
    const sign = { trip: "■ ", warning: "▲ " }[level] ?? "";
    const left = one.margin === null ? "" : `${Math.round(100 * Math.max(0, one.margin))} % · ${one.of}`;
    rows[index].show(reading(one), one.margin, sign + left, level);
  });
}

// Contacts have no margin: a filled circle is closed, an empty one open.
function showContacts(contacts) {
  const text = contacts.map((one) => `${one.value === null ? "?" : one.value >= 0.5 ? "●" : "○"} ${one.name} ${reading(one)}`);
  const key = text.join("\n");
  if (at("contacts").dataset.key === key) return;
  at("contacts").dataset.key = key;
  at("contacts").replaceChildren(
    ...text.map((words) => Object.assign(document.createElement("span"), { textContent: words })),
  );
}

function showBudgets(view) {
  const rows = budgets.of(view.budgets.map((one) => one.name));
  view.budgets.forEach((one, index) => {
    const share = one.used === null || !(one.limit > 0) ? null : one.used / one.limit;
    const level = share === null || share >= 1 ? "trip" : share >= NEARLY ? "warning" : "";
    const sign = { trip: "■ ", warning: "▲ " }[level] ?? "";
    const used = one.used === null ? "not known" : amount(one.used, "");
    rows[index].show(used, share, `${sign}of ${amount(one.limit, one.unit)}`, level);
  });
}

function showSession(session, inhibited) {
  const pairs =
    session === null
      ? [["", "no session"]]
      : [
          ["Patient", session.patient],
          ["Region", session.region],
          ["Sonication", `${session.number} of ${session.planned}`],
          ["Next", `${session.set_w} W for ${session.set_s} s`],
          ["Energy", amount(session.energy_j, "J")],
          ["Cooling", session.gap_s > 0 ? `${Math.ceil(session.gap_s)} s` : "none"],
        ];
  if (inhibited) pairs.push(["▲ Not now", inhibited]);
  const list = at("treatment");
  const key = JSON.stringify(pairs);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(
    ...pairs.flatMap(([name, text]) => {
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, value.textContent] = [name, text];
      if (name.startsWith("▲")) term.className = value.className = "inhibited";
      return [term, value];
    }),
  );
}

function showReceipt(view) {
  const age = view.receipt_age_s;
  at("receipt").dataset.level = age === null || age > NEARLY * view.receipt_limit_s ? "warning" : "";
  const limit = `${Math.round(1000 * view.receipt_limit_s)} ms`;
  put(at("receipt"), `receipt ${age === null ? "none" : `${Math.round(1000 * age)} ms`} of ${limit}`);
}

export function showNumbers(view) {
  showReadings(view);
  showBudgets(view);
  showSession(view.session, STARTS.includes(view.state) ? view.inhibited : "");
  showReceipt(view);
  const left = view.time_to_limit_s;
  put(at("time-left"), left === null ? "no limit in sight" : seconds(left));
  at("time-left").dataset.level = left === null ? "none" : left < SOON_S ? "warning" : "";
  put(at("device"), view.device);
  put(at("limits"), view.limits);
  put(at("link"), `link ${view.link}`);
}
