// Keyboard shortcuts of the pages of leads. A control says its key itself (data-key); the rest is moving along the list.
// They can be switched off (WCAG 2.1.4) and do nothing while somebody writes or holds Ctrl, Alt or Meta.
"use strict";

{
  const WANTED = "needlewise.keys";
  // The list that a lead was opened from, so that j and k go on along it.
  const ALONG = "needlewise.along";
  // Only moves about, or can be taken back with one press: happens at once. Anything else waits for Enter.
  const AT_ONCE = ["o", "l", "b", "c"];

  const desk = document.getElementById("desk");
  const box = document.getElementById("use-keys");
  const help = document.getElementById("keys");
  const controls = () => [...document.querySelectorAll("[data-key]")];
  const leads = () => [...document.querySelectorAll("[data-lead]")];

  function name(wanted) {
    // Screen readers say the keys of a control, so they are named only while they work.
    for (const each of controls()) {
      if (wanted) each.setAttribute("aria-keyshortcuts", each.dataset.key);
      else each.removeAttribute("aria-keyshortcuts");
    }
  }

  function step(by) {
    const links = leads();
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
    if (next) next.focus();
  }

  function go(by) {
    const along = JSON.parse(sessionStorage.getItem(ALONG) || "[]");
    const at = along.indexOf(window.location.pathname);
    if (at >= 0 && along[at + by]) window.location.href = along[at + by];
  }

  function use(control) {
    control.closest("details")?.setAttribute("open", "");
    control.focus();
    if (AT_ONCE.includes(control.dataset.key)) control.click();
  }

  function isWriting(place) {
    return place.matches("textarea, select, input:not([type=checkbox])");
  }

  function press(event) {
    if (!box.checked || help.open || event.ctrlKey || event.altKey || event.metaKey || isWriting(event.target)) return;
    const move = { j: 1, k: -1 }[event.key];
    const control = controls().find((each) => each.dataset.key === event.key);
    if (event.key === "?") help.showModal();
    else if (move) (leads().length ? step : go)(move);
    else if (control) use(control);
    else return;
    event.preventDefault();
  }

  if (desk) {
    desk.hidden = false;
    box.checked = localStorage.getItem(WANTED) !== "off";
    name(box.checked);
    box.addEventListener("change", () => {
      localStorage.setItem(WANTED, box.checked ? "on" : "off");
      name(box.checked);
    });
    document.getElementById("show-keys").addEventListener("click", () => help.showModal());
    document.addEventListener("keydown", press);
    window.addEventListener("pagehide", () => {
      const list = leads().map((each) => each.getAttribute("href"));
      if (list.length) sessionStorage.setItem(ALONG, JSON.stringify(list));
    });
  }
}
