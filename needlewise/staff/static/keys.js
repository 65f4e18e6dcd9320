// Single keys on lists: j and k move, and on one item they open the next or the one before. Enter follows the link by
// itself. A button switches the keys off and the browser remembers it (WCAG 2.1.4). Without scripts the links do it all.
"use strict";

const SWITCH = "needlewise.keys";
const note = document.querySelector("[data-keys]");
const button = note && note.querySelector("button");
const rows = [...document.querySelectorAll("[data-key-row]")];
let on = true;
try {
  on = localStorage.getItem(SWITCH) !== "off";
} catch {
  // A browser that keeps nothing starts with the keys on.
}

function show() {
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Keys on" : "Keys off";
}

function move(step) {
  if (rows.length) {
    const at = rows.findIndex((row) => (row.closest("[data-key-scope], tr") || row).contains(document.activeElement));
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
    rows[next].focus();
    return;
  }
  const link = document.querySelector(step > 0 ? "[data-key-next]" : "[data-key-back]");
  if (link) link.click();
}

function typing(target) {
  return target.closest("input, select, textarea, [contenteditable]") !== null;
}

if (note) {
  note.hidden = false;
  show();
  button.addEventListener("click", () => {
    on = !on;
    try {
      localStorage.setItem(SWITCH, on ? "on" : "off");
    } catch {
      // Off for this page only.
    }
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = event.key === "j" ? () => move(1) : event.key === "k" ? () => move(-1) : null;
    const scope = document.activeElement?.closest("[data-key-scope]");
    const pressed = act ? null : scope?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!act && !pressed) return;
    event.preventDefault();
    if (act) act();
    else if (pressed.matches("input")) pressed.focus();
    else pressed.click();
  });
}
