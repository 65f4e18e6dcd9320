// Single keys. A control names its own (data-key): a field gets the focus, a button or a box is pressed, and one that must not be
// pressed by mistake (data-key-wait) gets the focus, so that Enter presses it. j and k go along the rows of a list
// (data-key-row); on one item they open the next or the one before: by a link (data-key-next, data-key-back), or along
// the list that the item was opened from. Keys of a row (data-key-scope) work while the focus is in it.
//
// They can be switched off, which the browser remembers (WCAG 2.1.4), and do nothing while somebody writes or holds
// Ctrl, Alt or Meta. Without scripts the links and buttons do it all.
"use strict";

{
  const SWITCH = "needlewise.keys";
  const ALONG = "needlewise.along";
  const ROW = "[data-key-scope], tr, li";

  // The page's words for it, in its language.
  const says = document.currentScript.dataset;
  const line = document.querySelector("[data-keys]");
  const button = line && line.querySelector("button");
  const desk = document.getElementById("desk");
  const box = document.getElementById("use-keys");
  const help = document.getElementById("keys");
  const all = (what) => [...document.querySelectorAll(what)];
  let on = true;

  // A browser that keeps nothing starts with the keys on, and a change holds for the page.
  function keep(storage, key, value) {
    try {
      window[storage].setItem(key, value);
    } catch {}
  }

  function kept(storage, key) {
    try {
      return window[storage].getItem(key);
    } catch {
      return null;
    }
  }

  function show() {
    if (button) {
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? says.on : says.off;
    }
    if (box) box.checked = on;
    // Screen readers say the keys of a control, so they are named only while they work wherever the focus is.
    for (const each of all("[data-key]")) {
      if (on && !each.closest("[data-key-scope]")) each.setAttribute("aria-keyshortcuts", each.dataset.key);
      else each.removeAttribute("aria-keyshortcuts");
    }
  }

  function turn(wanted) {
    on = wanted;
    keep("localStorage", SWITCH, on ? "on" : "off");
    show();
  }

  function step(by) {
    const rows = all("[data-key-row]");
    if (rows.length) {
      const at = rows.findIndex((row) => (row.closest(ROW) || row).contains(document.activeElement));
      const start = by > 0 ? 0 : rows.length - 1;
      rows[at < 0 ? start : Math.min(Math.max(at + by, 0), rows.length - 1)].focus();
      return;
    }
    const link = document.querySelector(by > 0 ? "[data-key-next]" : "[data-key-back]");
    const along = JSON.parse(kept("sessionStorage", ALONG) || "[]");
    const at = along.indexOf(window.location.pathname);
    if (link) link.click();
    else if (at >= 0 && along[at + by]) window.location.href = along[at + by];
  }

  function control(key) {
    const scope = document.activeElement?.closest("[data-key-scope]");
    const named = `[data-key="${CSS.escape(key)}"]`;
    return scope?.querySelector(named) || all(named).find((each) => !each.closest("[data-key-scope]"));
  }

  function use(found) {
    found.closest("details")?.setAttribute("open", "");
    found.focus();
    if (!found.matches("input:not([type=checkbox]), textarea, select") && found.dataset.keyWait === undefined) found.click();
  }

  function isWriting(place) {
    return place.matches("textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]");
  }

  function press(event) {
    if (!on || help?.open || event.ctrlKey || event.altKey || event.metaKey || isWriting(event.target)) return;
    const move = { j: 1, k: -1 }[event.key];
    const found = move ? null : control(event.key);
    if (event.key === "?" && help) help.showModal();
    else if (move) step(move);
    else if (found) use(found);
    else return;
    event.preventDefault();
  }

  if (line || desk) {
    on = kept("localStorage", SWITCH) !== "off";
    for (const each of [line, desk]) if (each) each.hidden = false;
    show();
    button?.addEventListener("click", () => turn(!on));
    box?.addEventListener("change", () => turn(box.checked));
    document.getElementById("show-keys")?.addEventListener("click", () => help.showModal());
    document.addEventListener("keydown", press);
    window.addEventListener("pagehide", () => {
      const list = all("a[data-key-row]").map((each) => each.getAttribute("href"));
      if (list.length) keep("sessionStorage", ALONG, JSON.stringify(list));
    });
  }
}
