// The pages of thresholds: opens sites in the tree where somebody looks, tries a rule as it is being written.
(() => {
  "use strict";
  const STILL_MS = 500; // so long nothing may be typed before the rule is tried
  let timer = 0, running = false, again = false;

  async function load(box) {
    box.setAttribute("data-loaded", "");
    const answer = await fetch(box.dataset.load).catch(() => null);
    if (!answer || !answer.ok) return box.removeAttribute("data-loaded");
    const wanted = document.createElement("template");
    wanted.innerHTML = await answer.text();
    siagaMorph.children(box.querySelector(".loaded"), wanted.content, true);
  }

  function loadOpen() {
    for (const box of document.querySelectorAll("details[data-load][open]:not([data-loaded])")) load(box);
  }

  // what a try changes of the page: the drawing, the sentence, what is wrong; never what somebody types
  function show(made) {
    for (const id of ["preview", "rule-sentence"]) {
      const here = document.getElementById(id), there = made.getElementById(id);
      if (!here || !there) continue;
      siagaMorph.children(here, there, true);
      for (const name of Object.keys(there.dataset)) here.dataset[name] = there.dataset[name];
    }
    for (const there of made.querySelectorAll("#editor [data-problem]")) {
      const here = document.querySelector(`#editor [data-problem="${CSS.escape(there.dataset.problem)}"]`);
      if (here && here.textContent !== there.textContent) here.textContent = there.textContent;
      const folded = here && there.textContent.trim() && here.closest("details:not([open])");
      if (folded) folded.open = true;
    }
  }

  async function tryRule() {
    const form = document.querySelector("form[data-preview]");
    if (!form) return;
    if (running) return void (again = true);
    running = true;
    document.getElementById("preview").setAttribute("aria-busy", "true");
    const fields = new URLSearchParams(new FormData(form));
    fields.set("do", "try");
    try {
      const answer = await fetch(form.action, { method: "post", body: fields });
      if (answer.ok && form.isConnected) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // the button says so when it is pressed
    } finally {
      running = false;
      const place = document.getElementById("preview");
      if (place) place.removeAttribute("aria-busy");
      if (again) { again = false; soon(); }
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(tryRule, STILL_MS);
  }

  document.addEventListener("toggle", (event) => { if (event.target.open) loadOpen(); }, true);
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.form;
      if (form && form.hasAttribute("data-preview") && event.target.name !== "reason") soon();
    });
  }
  document.addEventListener("change", async (event) => {
    const into = event.target.dataset.into && document.getElementById(event.target.dataset.into);
    if (into && event.target.files.length) into.value = await event.target.files[0].text();
  });
  document.addEventListener("siaga:changed", () => {
    loadOpen();
    if (document.querySelector('#preview[data-asked="false"]')) soon();
  });
  document.addEventListener("DOMContentLoaded", () => {
    loadOpen();
    if (document.querySelector('#preview[data-asked="false"]')) tryRule();
  });
})();
