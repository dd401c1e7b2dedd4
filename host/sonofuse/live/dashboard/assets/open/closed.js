// The page without the access code: the state, five times a second, and the field for the code. STOP is in stop.js.
(() => {
  "use strict";
  const EVERY_MS = 200;
  const OLD_MS = 500; // a state that is older is not known
  const word = document.getElementById("word");
  const says = document.getElementById("says");

  function show(name, text, colour) {
    word.textContent = name;
    word.style.color = colour;
    says.textContent = text;
  }

  async function look() {
    try {
      const answer = await fetch("/state", { cache: "no-store", signal: AbortSignal.timeout(OLD_MS) });
      const now = await answer.json();
      show(now.word, now.trouble || now.says, now.colour);
    } catch (error) {
      show("NOT KNOWN", "the monitor does not answer", "#CC79A7");
    }
    setTimeout(look, EVERY_MS);
  }

  document.getElementById("enter").addEventListener("submit", async (event) => {
    event.preventDefault();
    const refused = document.getElementById("refused");
    try {
      const code = document.getElementById("code").value;
      const answer = await fetch("/enter", { method: "POST", body: JSON.stringify({ code }) });
      const said = await answer.json();
      if (answer.ok) location.reload();
      refused.textContent = said.why;
    } catch (error) {
      refused.textContent = "the monitor does not answer";
    }
  });
  look();
})();
