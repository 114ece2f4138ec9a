// Offers places while somebody types in a field of them: the server knows all of them, the page only the few that fit.
(() => {
  "use strict";
  const WAIT_MS = 150;
  let waiting = 0, asked = 0;

  async function offer(input) {
    const mine = ++asked;
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(input.value)}`);
    if (!answer.ok || mine !== asked) return;
    const options = (await answer.json()).map((words) => Object.assign(document.createElement("option"), { value: words }));
    document.getElementById(input.getAttribute("list")).replaceChildren(...options);
  }

  function later(event) {
    if (!event.target.dataset || !event.target.dataset.suggest) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => offer(event.target).catch(() => {}), WAIT_MS);
  }

  document.addEventListener("input", later);
  document.addEventListener("focusin", later);
})();
