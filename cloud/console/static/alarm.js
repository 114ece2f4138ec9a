// Wakes people: sounds and flashes while an alarm waits for somebody, in one page of this browser, hidden or not.
(() => {
  "use strict";
  const KEY = "siaga-sounds-from", TEST_MS = 3000;
  const body = document.body, title = document.title, icon = document.getElementById("favicon");
  const calmIcon = icon && icon.getAttribute("href");
  const pages = "BroadcastChannel" in window ? new BroadcastChannel("siaga-alarm") : null;
  let context = null, playing = null, isSounding = false, waking = [], told = new Set(), testing = 0, queued = null, settled = false;

  const from = () => Number(localStorage.getItem(KEY) || 3);
  const loud = () => waking.filter((alarm) => alarm.severity >= from());

  // two tones and a rest, looped by the browser itself: no timer, which hidden pages are short of
  function sound() {
    const rate = context.sampleRate, buffer = context.createBuffer(1, rate * 2, rate), wave = buffer.getChannelData(0);
    for (let at = 0; at < rate * 1.2; at++) {
      const second = at / rate, tone = Math.floor(second / 0.2) % 2 ? 740 : 988;
      const edge = Math.min(1, (second % 0.2) * 100, (0.2 - (second % 0.2)) * 100);
      const swing = Math.sin(2 * Math.PI * tone * second) + 0.35 * Math.sin(6 * Math.PI * tone * second);
      wave[at] = 0.7 * edge * swing;
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.loop = true;
    source.connect(context.destination);
    return source;
  }

  function play() {
    if (!context) context = new AudioContext();
    if (context.state !== "running") context.resume();
    if (!playing) {
      playing = sound();
      playing.start();
    }
  }

  function rest() {
    if (playing) playing.stop();
    playing = null;
  }

  const mayBeHeard = () => Boolean(context) && context.state === "running";

  // the press that lets it sound is for something else on the page, which must not move away from under it
  const sayMuted = () => siagaLive.afterPress(showMuted);

  function showMuted() {
    const muted = isSounding && settled && from() < 9 && !mayBeHeard();
    document.getElementById("muted").hidden = !muted;
    body.dataset.muted = muted;
  }

  // a screen reader says each alarm once
  function tell(alarms) {
    const fresh = alarms.filter((alarm) => !told.has(alarm.id));
    told = new Set(alarms.map((alarm) => alarm.id));
    if (fresh.length) document.getElementById("waking-said").textContent = fresh[0].words;
  }

  function flash() {
    const wakes = loud().length > 0, on = wakes && Math.floor(performance.now() / 1000) % 2 === 0;
    const wanted = on ? `(!) ${loud()[0].words}` : title;
    if (document.title !== wanted) document.title = wanted;
    if (icon) icon.setAttribute("href", on ? icon.dataset.waking : calmIcon);
  }

  function update() {
    const alarms = loud(), sounds = isSounding && (alarms.length > 0 || testing > 0);
    body.toggleAttribute("data-wakes", alarms.length > 0);
    sounds ? play() : rest();
    body.dataset.sounds = sounds && mayBeHeard();
    tell(alarms);
    flash();
    sayMuted();
  }

  function read() {
    waking = [...document.querySelectorAll("#waking [data-waking]")].map((one) => ({
      id: one.dataset.waking, severity: Number(one.dataset.severity), words: one.textContent,
    }));
    if (pages) pages.postMessage(waking);
    update();
  }

  // the page that holds the lock sounds, and follows the server though nobody looks at it
  function lead() {
    isSounding = true;
    body.setAttribute("data-alert", "");
    if (!context) context = new AudioContext();
    context.onstatechange = update;
    setTimeout(() => { settled = true; update(); }, 1500); // it takes a moment to start where it may
    if (document.hidden) siagaLive.reopen();
    update();
    return new Promise(() => {}); // until the page goes, or another takes over
  }

  function follow() {
    isSounding = false;
    body.removeAttribute("data-alert");
    update();
  }

  function takeTurn() {
    if (!navigator.locks) return void lead();
    const own = queued = new AbortController();
    navigator.locks.request("siaga-sound", { signal: own.signal }, lead).catch(() => { if (!own.signal.aborted) lost(); });
  }

  function takeOver() {
    if (!navigator.locks) return;
    queued.abort();
    navigator.locks.request("siaga-sound", { steal: true }, lead).catch(lost);
  }

  function lost() {
    follow();
    takeTurn();
  }

  // pressing anywhere lets this page be heard: it takes over from one that may not be
  function pressed() {
    if (!isSounding) takeOver();
    else if (!mayBeHeard()) context.resume().then(update);
  }

  function test() {
    const said = document.getElementById("sound-said");
    pressed();
    testing += 1;
    update();
    setTimeout(() => { testing -= 1; update(); said.textContent = ""; }, TEST_MS);
    setTimeout(() => { said.textContent = mayBeHeard() ? said.dataset.heard : said.dataset.muted; }, 300);
  }

  function setUp() {
    const choice = document.getElementById("sound-from"), button = document.getElementById("sound-test");
    if (choice) {
      choice.value = String(from());
      choice.addEventListener("change", () => { localStorage.setItem(KEY, choice.value); update(); });
      button.addEventListener("click", test);
    }
    window.addEventListener("storage", update);
    for (const press of ["pointerdown", "keydown"]) document.addEventListener(press, pressed, { capture: true });
    if (pages) {
      pages.addEventListener("message", (event) => {
        if (document.hidden && !isSounding) { waking = event.data; update(); }
      });
    }
    takeTurn();
    read();
    setInterval(flash, 500);
  }

  document.addEventListener("siaga:changed", read);
  document.addEventListener("DOMContentLoaded", setUp);
})();
