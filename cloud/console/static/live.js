// Keeps an open page true: takes the fragments that changed, and says so when it can not.
const siagaLive = (() => {
  "use strict";
  const QUIET_MS = 25000; // the server speaks at least every ten seconds
  const PRESS_MS = 5000; // what is pressed for longer is a scrollbar, or a hand that rests on the screen
  let source = null, heard = performance.now(), heardAt = new Date(), ended = "";
  let pressed = 0;
  const later = [];

  // nothing moves away from under a finger: what comes while something is being pressed is shown when it is let go
  function afterPress(change) {
    pressed ? later.push(change) : change();
  }

  function fragments(list) {
    for (const [id, digest, html] of list) {
      const place = document.getElementById(id);
      if (!place) continue;
      place.dataset.live = digest;
      const wanted = document.createElement("template");
      wanted.innerHTML = html;
      siagaMorph.children(place, wanted.content, false);
      place.dispatchEvent(new CustomEvent("siaga:fragment", { bubbles: true }));
    }
    document.dispatchEvent(new CustomEvent("siaga:changed"));
  }

  function press() {
    clearTimeout(pressed);
    pressed = setTimeout(release, PRESS_MS);
  }

  function release() {
    clearTimeout(pressed);
    pressed = 0;
    for (const change of later.splice(0)) change();
  }

  function say(sentence) {
    afterPress(() => sayAway(sentence));
  }

  function sayAway(sentence) {
    const away = document.getElementById("away");
    if (away.textContent !== sentence) away.textContent = sentence; // said once, not at each try
    away.hidden = !sentence;
    document.body.toggleAttribute("data-away", Boolean(sentence));
  }

  function hear(trouble) {
    heard = performance.now();
    heardAt = new Date();
    if (trouble !== undefined) say(trouble);
    else if (document.body.hasAttribute("data-away") && !source.trouble) say("");
  }

  function open() {
    if (ended || document.hidden && !document.body.hasAttribute("data-alert")) return;
    const address = new URL(location.href);
    address.hash = "";
    const shown = [...document.querySelectorAll("[data-live]")].map((place) => `${place.id}:${place.dataset.live}`);
    address.searchParams.set("live", shown.join(","));
    source = new EventSource(address);
    source.trouble = "";
    source.addEventListener("fragments", (event) => { afterPress(() => fragments(JSON.parse(event.data))); hear(); });
    source.addEventListener("now", (event) => { siaga.setClock(JSON.parse(event.data)); hear(); });
    source.addEventListener("trouble", (event) => { source.trouble = JSON.parse(event.data); hear(source.trouble); });
    source.addEventListener("ended", (event) => { ended = JSON.parse(event.data); close(); say(ended); });
    source.addEventListener("open", () => hear());
    source.addEventListener("error", () => { if (source && source.readyState === EventSource.CLOSED) again(); });
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  function again() {
    close();
    setTimeout(() => { if (!source) open(); }, 3000);
  }

  function watch() {
    if (ended || !source || performance.now() - heard < QUIET_MS) return;
    say(siaga.words.away.replace("{time}", heardAt.toLocaleTimeString("en-GB", { timeZone: document.body.dataset.zone })));
    again();
  }

  document.addEventListener("pointerdown", press);
  // the click of a press comes after these, and before what is put off until later
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => setTimeout(release));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !document.body.hasAttribute("data-alert")) close();
    else if (!source) open();
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector("[data-live]")) return;
    open();
    setInterval(watch, 1000);
  });
  return { afterPress, reopen() { close(); open(); } };
})();
