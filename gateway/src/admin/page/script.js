// Fetches the part of the page that lives, every two seconds while somebody looks. Without it the page is as it was made.
"use strict";

const EVERY = 2000;
const state = document.getElementById("state");
const pause = document.getElementById("pause");
let paused = false;

document.querySelector(".refresh").hidden = false;

pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  say(paused ? "Paused" : "Refreshed every 2 s");
});

// Said once, since it is read aloud.
function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

// Whoever marks a digest to copy it, or moves through a table, must not lose his place.
function isInUse(live) {
  const marked = getSelection();
  return marked !== null && !marked.isCollapsed && live.contains(marked.anchorNode);
}

function replace(live, next) {
  const tables = [...live.querySelectorAll(".scroll")].map((it) => it.scrollLeft);
  const active = [...live.querySelectorAll(".scroll")].indexOf(document.activeElement);
  live.replaceChildren(...next.childNodes);
  [...live.querySelectorAll(".scroll")].forEach((it, at) => {
    it.scrollLeft = tables[at] ?? 0;
    if (at === active) it.focus({ preventScroll: true });
  });
}

async function refresh() {
  const live = document.getElementById("live");
  if (paused || document.hidden || isInUse(live)) return;
  try {
    const answer = await fetch("/live", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    replace(live, page.getElementById("live"));
    if (!paused) say("Refreshed every 2 s");
  } catch {
    say("The gateway does not answer: these figures are old");
  }
}

setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", refresh);
