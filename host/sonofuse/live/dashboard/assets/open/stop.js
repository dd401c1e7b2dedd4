// STOP: one button, two keys, and a request that is repeated until it is answered. It needs no other script.
(() => {
  "use strict";
  const AGAIN_MS = 250; // between two tries
  const PATIENCE_MS = 1000; // after which a person is told that no answer comes
  const button = document.getElementById("stop");
  const hint = document.getElementById("stop-hint");
  let sending = false;

  // In a text field Space writes a space, but only in states in which RF is off and one press cannot turn it on.
  const writes = (target) =>
    ["SAFE", "TRIPPED"].includes(document.body.dataset.state) &&
    target instanceof HTMLElement &&
    target.matches("textarea, input:not([type]), input[type=text]");

  const isStop = (event) => event.key === "Escape" || (event.key === " " && !writes(event.target));

  async function ask() {
    const answer = await fetch("/stop", { method: "POST", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    const said = await answer.json();
    return said.done ? "" : said.why || `answer ${answer.status}`;
  }

  function show(state, text) {
    button.dataset.sent = state;
    hint.textContent = text;
  }

  async function stop() {
    if (sending) return;
    sending = true;
    const began = performance.now();
    show("sending", "sending …");
    for (;;) {
      let why;
      try {
        why = await ask();
      } catch (error) {
        why = "no answer";
      }
      if (why === "") break;
      if (performance.now() - began > PATIENCE_MS) show("failed", `NOT SENT (${why}): use the STOP at the device`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    show("sent", "sent");
    sending = false;
    setTimeout(() => !sending && rest(), 3000);
  }

  function rest() {
    show("", document.hasFocus() ? "Space or Esc" : "click or touch: keys go to another window");
  }

  function pressed(event) {
    if (!isStop(event)) return;
    event.preventDefault(); // Space must not press the button that has the focus, Escape not close a dialog
    event.stopImmediatePropagation();
    if (event.type === "keydown" && !event.repeat) stop();
  }

  for (const type of ["keydown", "keyup"]) window.addEventListener(type, pressed, { capture: true });
  for (const type of ["focus", "blur"]) window.addEventListener(type, () => button.dataset.sent || rest());
  button.addEventListener("pointerdown", stop); // not on release: that is later, and may be beside the button
  button.addEventListener("click", (event) => event.detail === 0 && stop()); // a screen reader has no pointer
  rest();
})();
