// What the page does by itself: remember a choice, switch the light, open a row, bring a card into view.
const siaga = {
  remember(name, value) {
    document.cookie = `siaga_${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  },
  switchTheme() {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    siaga.remember("theme", theme);
    emitEvent("theme", theme);
  },
  async logOut(root, csrf) {
    await fetch(`${root}/api/v1/session`, { method: "DELETE", headers: { "X-CSRF-Token": csrf } });
    location.assign(`${root}/login`);
  },
  async playStory(root, csrf, name, refused) {
    const said = document.getElementById("story-problem");
    try {
      const answer = await fetch(`${root}/demo/stories/${name}`, { method: "POST", headers: { "X-CSRF-Token": csrf } });
      said.textContent = answer.ok ? "" : answer.status === 409 ? refused : (await answer.json()).detail;
    } catch (error) {
      said.textContent = String(error);
    }
  },
  toggle(row) {
    row.setAttribute("aria-expanded", row.getAttribute("aria-expanded") === "true" ? "false" : "true");
  },
  bringIntoView(id) {
    const card = document.getElementById(id);
    if (!card) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "nearest" });
  },
};
