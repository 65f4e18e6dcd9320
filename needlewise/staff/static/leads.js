// What makes pages of leads, and pages that show news by themselves, quicker where scripts run. Without them every page works all the same.
"use strict";

// What it says, in the page's language.
const says = document.currentScript.dataset;

// Copy the details instead of opening them as a page.
for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    if (!navigator.clipboard) return;
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(link.dataset.copy);
      document.getElementById("copied").textContent = says.copied;
    } catch {
      window.location.href = link.href;
    }
  });
}

// Look for news without reloading, and say in the title how many leads nobody has opened.
// A page may look more often, by data-seconds: somebody waits for the answer of a visitor.
const SECONDS_SEEN = 10;
const SECONDS_HIDDEN = 30;
const SECONDS_AFTER_TROUBLE = 60;

const live = document.querySelector("[data-live]");
const note = document.getElementById("live-note");
const plainTitle = document.title;
let stamp = "";

function say(text) {
  if (note && note.textContent !== text) note.textContent = text;
}

function badge(unread) {
  document.title = unread > 0 ? `(${unread}) ${plainTitle}` : plainTitle;
}

function show(html) {
  const found = new DOMParser().parseFromString(html, "text/html");
  const where = document.activeElement && live.contains(document.activeElement) ? document.activeElement : null;
  const link = where && where.getAttribute("href");
  const reading = live.querySelector(".talk-scroll");
  const place = reading && { top: reading.scrollTop, atEnd: reading.scrollHeight - reading.scrollTop - reading.clientHeight < 40 };
  const id = where && where.id;
  const opened = Array.from(live.querySelectorAll("details[id][open]"), (each) => each.id);
  live.replaceChildren(...found.body.childNodes);
  const talk = live.querySelector(".talk-scroll");
  if (talk && place) talk.scrollTop = place.atEnd ? talk.scrollHeight : place.top;
  for (const name of opened) document.getElementById(name)?.setAttribute("open", "");
  // Whoever went through the list by keyboard stays where they were.
  const again = id ? document.getElementById(id) : link && live.querySelector(`a[href="${CSS.escape(link)}"]`);
  if (again) again.focus({ preventScroll: true });
}

async function look() {
  const address = new URL(live.dataset.live, window.location.href);
  if (stamp) address.searchParams.set("stamp", stamp);
  const answer = await fetch(address, { redirect: "manual", cache: "no-store" });
  if (answer.type === "opaqueredirect") {
    say(says.loggedOut);
    return false;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  badge(Number(answer.headers.get("X-Unread")));
  document.dispatchEvent(new CustomEvent("newest", { detail: Number(answer.headers.get("X-Newest")) }));
  if (answer.status === 200) {
    const html = await answer.text();
    const first = stamp === "";
    stamp = answer.headers.get("X-Stamp") || "";
    show(html);
    const news = answer.headers.get("X-News");
    if (!first) say(news === null ? says.updated.replace("{time}", new Date().toLocaleTimeString(document.documentElement.lang)) : decodeURIComponent(news));
  } else {
    say("");
  }
  return true;
}

async function keepLooking() {
  let seconds = document.hidden ? SECONDS_HIDDEN : Number(live.dataset.seconds) || SECONDS_SEEN;
  try {
    if (!(await look())) return;
  } catch {
    say(says.trouble);
    seconds = SECONDS_AFTER_TROUBLE;
  }
  window.setTimeout(keepLooking, seconds * 1000);
}

if (live) {
  const talk = live.querySelector(".talk-scroll");
  if (talk) talk.scrollTop = talk.scrollHeight;
  keepLooking();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look().catch(() => {});
  });
}
