// What a page does by itself: the clock, ages that go on counting, light and language, forms sent without a new page.
const siaga = (() => {
  "use strict";
  const page = document.body.dataset;
  const words = JSON.parse(page.words);
  let serverMs = Number(page.now), atMs = performance.now();

  const nowMs = () => serverMs + performance.now() - atMs;
  const setClock = (ms) => { serverMs = ms; atMs = performance.now(); };
  const inZone = (options) => new Intl.DateTimeFormat(page.language === "id" ? "id" : "en-GB", { timeZone: page.zone, ...options });
  const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeZone: page.zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const dayOfYear = inZone({ day: "numeric", month: "short", year: "numeric" });

  function age(seconds) {
    for (const [from, unit, text] of [[172800, 86400, "d"], [3600, 3600, "h"], [60, 60, "min"], [1, 1, "s"]]) {
      if (seconds >= from) return words[text].replace("{n}", Math.floor(seconds / unit));
    }
    return words.just;
  }

  function tick() {
    const now = nowMs(), clock = document.getElementById("clock"), date = document.getElementById("date");
    if (clock) clock.textContent = timeOfDay.format(now);
    if (date) date.textContent = `${dayOfYear.format(now)} · ${page.zoneName}`;
    for (const one of document.querySelectorAll("time[data-age]")) {
      const text = age((now - Number(one.dataset.age)) / 1000);
      if (one.textContent !== text) one.textContent = text;
    }
  }

  function remember(name, value) {
    document.cookie = `siaga_${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  }

  async function leave(root) {
    const answer = await fetch(`${root}/api/v1/session`, { method: "DELETE", headers: { "X-CSRF-Token": page.csrf } });
    location.assign(answer.headers.get("Location") ?? `${root}/login`); // single sign-on has a way out of its own
  }

  // the answer to a form is a page: what differs is put in place, so that nothing else moves
  async function send(form, submitter) {
    const fields = new URLSearchParams(new FormData(form, submitter));
    const isPost = form.method === "post";
    const target = submitter && submitter.hasAttribute("formaction") ? submitter.formAction : form.action;
    const address = isPost ? target : `${form.action.split("?")[0]}?${fields}`;
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { method: form.method, body: isPost ? fields : null });
      const made = new DOMParser().parseFromString(await answer.text(), "text/html");
      show(made, answer.redirected || !isPost ? answer.url : "");
    } catch {
      refuse(form, words.failed);
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  function show(made, address) {
    const main = made.getElementById("main");
    if (!main || !made.body.dataset.csrf) return location.assign(address || location.href);
    if (address) history.replaceState(null, "", address);
    siagaMorph.element(document.getElementById("main"), main, true);
    page.csrf = made.body.dataset.csrf;
    document.dispatchEvent(new CustomEvent("siaga:changed"));
    siagaLive.reopen();
    const told = document.querySelector("#main > .said, #main .mistake");
    if (!told) return;
    told.scrollIntoView({ block: "nearest" });
    // what was pressed may be gone: whoever works by keyboard goes on from what was said
    if (document.activeElement === document.body || document.activeElement.tabIndex < 0) told.focus({ preventScroll: true });
  }

  function refuse(form, sentence) {
    let told = form.querySelector(":scope > .mistake");
    if (!told) {
      told = document.createElement("p");
      told.className = "mistake";
      told.setAttribute("role", "alert");
      form.append(told);
    }
    told.textContent = sentence;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.enctype === "multipart/form-data" || form.hasAttribute("data-whole")) return;
    event.preventDefault();
    const asked = event.submitter && event.submitter.dataset.ask;
    if (asked && !confirm(asked)) return;
    send(form, event.submitter);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-at-once")) form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details[data-folds][open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
    const on = event.target.closest("[data-light], [data-leave], [data-remember]");
    if (!on) return;
    if (on.dataset.leave !== undefined) leave(on.dataset.leave);
    else if (on.dataset.remember) remember(...on.dataset.remember.split("="));
    else {
      const root = document.documentElement, theme = root.dataset.theme === "dark" ? "light" : "dark";
      root.dataset.theme = theme;
      remember("theme", theme);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const around = document.activeElement.closest("details[open]:is(.act, .undo, .retire)");
    for (const open of [...document.querySelectorAll("details[data-folds][open]"), ...(around ? [around] : [])]) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("siaga:changed", tick);
  document.addEventListener("DOMContentLoaded", () => { tick(); setInterval(tick, 1000); });
  return { words, setClock, nowMs };
})();
