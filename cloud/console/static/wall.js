// Turns the wall from view to view, and shows when the next turn is.
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const wall = document.querySelector(".wall");
    const progress = wall.querySelector(".wall-progress i");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const turnMs = Number(wall.dataset.turn) * 1000;
    let turned = performance.now();

    function turn() {
      const views = [...wall.querySelectorAll(".wall-view")];
      const number = views.findIndex((view) => view.hasAttribute("data-shown"));
      views.forEach((view, at) => view.toggleAttribute("data-shown", at === (number + 1) % views.length));
      turned = performance.now();
    }

    setInterval(() => {
      const gone = performance.now() - turned;
      if (gone >= turnMs) turn();
      const part = Math.min(1, (performance.now() - turned) / turnMs);
      progress.style.width = `${still ? Math.round(part * 4) * 25 : part * 100}%`;
    }, 250);
  });
})();
