// The page of a reading: each is kept on this phone first, then sent as the page's own form; the server keeps a key once.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const section = document.getElementById("manual-reading"), form = document.getElementById("manual-form");
  if (!section || !form) return;
  const AGAIN_MS = 15000, MOST_KEPT = 500, LATE_MS = 30000;
  const words = JSON.parse(section.dataset.words), person = section.dataset.person;
  const at = (id) => document.getElementById(id);
  let why = "", sending = false, asked = false;

  const chosen = () => form.elements.series.selectedOptions[0];
  function say(id, sentence) {
    at(id).textContent = sentence;
    at(id).hidden = !sentence;
  }
  function hint() {
    say("series-hint", chosen().dataset.hint);
    say("value-unit", chosen().dataset.unit);
  }

  // what the phone sees by itself: without a link nobody else can ask again while the person still stands there
  function problem(value) {
    const { low, high, likelyLow, likelyHigh } = chosen().dataset;
    if (!Number.isFinite(value)) return words.number;
    if (value < Number(low) || value > Number(high)) return words.bounds.replace("{low}", low).replace("{high}", high);
    const unlikely = value < Number(likelyLow) || value > Number(likelyHigh);
    at("sure-field").hidden = !unlikely;
    return unlikely && !form.elements.sure.checked ? words.unlikely : "";
  }

  async function enter() {
    const text = form.elements.value.value.trim(), wrong = problem(Number(text.replace(",", ".") || NaN));
    say("entry-said", "");
    say("entry-mistake", wrong);
    if (wrong) return;
    const kept = await siagaKept.all();
    if (kept.length >= MOST_KEPT) return say("entry-mistake", words.full.replace("{n}", MOST_KEPT));
    await siagaKept.keep({
      key: siagaKept.newKey(), person, action: form.action, series: form.elements.series.value, value: text,
      time: Date.now() - 60000 * Number(form.elements.ago.value), sure: form.elements.sure.checked,
      what: `${chosen().textContent.trim()}: ${text}`, state: "waits", sentence: "",
    });
    form.elements.value.value = "";
    form.elements.sure.checked = false;
    form.elements.ago.value = "0";
    at("sure-field").hidden = true;
    await sendAll();
  }

  // who is logged in now, and the token that their forms carry: the page may be one of yesterday
  async function session() {
    const answer = await fetch(`${section.dataset.root}/api/v1/session`, { signal: AbortSignal.timeout(LATE_MS) });
    if (answer.status === 401 || answer.status === 403) return { why: words.login, login: true };
    if (!answer.ok) return { why: words.away };
    const found = await answer.json();
    return found.name === person ? found : { why: words.other.replace("{person}", person), login: true };
  }

  async function send(entry, csrf) {
    const fields = new URLSearchParams({
      csrf, key: entry.key, person: entry.person, series: entry.series, value: entry.value, time: entry.time,
      now: Date.now(), ...(entry.sure ? { sure: "yes" } : {}),
    });
    const answer = await fetch(entry.action, { method: "POST", body: fields, signal: AbortSignal.timeout(LATE_MS) });
    if (answer.status >= 500 || answer.status === 429) return words.away;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && !page.body.dataset.csrf) return words.login;
    if (answer.status === 403 || answer.status === 409) return words.login;
    if (answer.ok) {
      await siagaKept.drop(entry.key);
      say("entry-said", words.sent.replace("{what}", entry.what));
      return "";
    }
    const unsure = page.getElementById("sure-mistake");
    const told = unsure ?? page.querySelector("#main .mistake:not([hidden])");
    const state = unsure ? "unsure" : "refused";
    await siagaKept.keep({ ...entry, state, sentence: told ? told.textContent.trim() : String(answer.status) });
    return "";
  }

  async function sendAll() {
    if (sending) return void (asked = true);
    sending = true;
    try {
      const own = (await siagaKept.all()).filter((entry) => entry.person === person && entry.state === "waits");
      const found = own.length ? await session() : { why: "" };
      why = found.why ?? "";
      at("kept-login").hidden = !found.login;
      for (const entry of found.csrf ? own : []) {
        why = await send(entry, found.csrf);
        if (why) break;
      }
    } catch {
      why = words.away;
    } finally {
      sending = false;
    }
    await show();
    if (asked) {
      asked = false;
      await sendAll();
    }
  }

  async function show() {
    const kept = await siagaKept.all(), own = kept.filter((entry) => entry.person === person);
    const others = kept.filter((entry) => entry.person !== person);
    own.sort((one, other) => one.time - other.time);
    at("kept").hidden = !kept.length;
    say("kept-count", own.length ? `${words.kept.replace("{n}", own.length)}.` : "");
    say("kept-why", own.some((entry) => entry.state === "waits") ? why : "");
    const names = [...new Set(others.map((entry) => entry.person))].join(", ");
    say("kept-others", others.length ? words.others.replace("{n}", others.length).replace("{person}", names) : "");
    at("kept-list").replaceChildren(...own.map(row));
  }

  function row(entry) {
    const item = at("kept-entry").content.cloneNode(true).firstElementChild;
    const [what, when] = item.querySelectorAll("span");
    what.textContent = entry.what;
    when.textContent = new Intl.DateTimeFormat("en-GB", { timeZone: document.body.dataset.zone, hour: "2-digit", minute: "2-digit" }).format(entry.time);
    item.dataset.state = entry.state;
    item.querySelector(".kept-state").textContent = entry.sentence || words.waits;
    item.querySelector("[data-kept='sure']").hidden = entry.state !== "unsure";
    item.addEventListener("click", async (event) => {
      const action = event.target.closest("[data-kept]")?.dataset.kept;
      if (action === "discard") await siagaKept.drop(entry.key);
      else if (action === "sure") await siagaKept.keep({ ...entry, sure: true, state: "waits", sentence: "" });
      else return;
      await sendAll();
    });
    return item;
  }

  const lost = () => say("entry-mistake", words.lost);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter().catch(lost);
  });
  form.elements.series.addEventListener("change", hint);
  window.addEventListener("online", () => sendAll().catch(lost));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sendAll().catch(lost); });
  setInterval(() => sendAll().catch(lost), AGAIN_MS);
  at("kept-login").href = section.dataset.login;
  hint();
  sendAll().catch(lost);
  siagaKept.keepOpen(section).catch(() => {}); // it opens with a link alone then, and says so by not being there
});
