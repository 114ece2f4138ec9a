// Moves the map under hand or wheel; where it comes to rest is asked of the server.
(() => {
  "use strict";
  const REST_MS = 250, TILE = 256;
  let held = null, resting = 0, moved = { x: 0, y: 0, scale: 1 };

  const mapOf = (target) => target instanceof Element && target.closest("[data-map]");
  const layers = (map) => map.querySelector(".map-layers");

  // pixels of the drawing for one pixel of the screen: it covers the element as "slice" does
  function ratio(map) {
    const box = map.getBoundingClientRect();
    return 1 / Math.max(box.width / Number(map.dataset.width), box.height / Number(map.dataset.height));
  }

  function draw(map) {
    layers(map).style.transform = `translate(${moved.x}px, ${moved.y}px) scale(${moved.scale})`;
  }

  function rest(map) {
    clearTimeout(resting);
    resting = setTimeout(() => ask(map), REST_MS);
  }

  function ask(map) {
    const form = map.querySelector(".map-form"), per = ratio(map);
    const zoom = Number(map.dataset.zoom), world = TILE * 2 ** zoom;
    const x = Number(map.dataset.x) - (moved.x / moved.scale) * per / world;
    const y = Number(map.dataset.y) - (moved.y / moved.scale) * per / world;
    const latitude = Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI, longitude = x * 360 - 180;
    form.elements.z.value = (zoom + Math.log2(moved.scale)).toFixed(2);
    form.elements.at.value = `${latitude.toFixed(5)},${longitude.toFixed(5)}`;
    form.requestSubmit();
  }

  function zoomBy(map, factor, point) {
    const box = map.getBoundingClientRect();
    const x = point.x - box.left - box.width / 2, y = point.y - box.top - box.height / 2;
    const scale = Math.max(0.25, Math.min(8, moved.scale * factor)), by = scale / moved.scale;
    moved = { x: x - (x - moved.x) * by, y: y - (y - moved.y) * by, scale };
    draw(map);
    rest(map);
  }

  document.addEventListener("wheel", (event) => {
    const map = mapOf(event.target);
    if (!map || !(event.ctrlKey || event.metaKey || map.matches(":focus-within, :hover") && event.altKey)) return;
    event.preventDefault();
    zoomBy(map, 2 ** (-event.deltaY / 240), { x: event.clientX, y: event.clientY });
  }, { passive: false });

  const fingers = new Map();
  document.addEventListener("pointerdown", (event) => {
    const map = mapOf(event.target);
    if (!map || event.target.closest(".map-links")) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    held = { map, x: event.clientX - moved.x, y: event.clientY - moved.y, far: 0, apart: 0 };
    clearTimeout(resting);
  });
  document.addEventListener("pointermove", (event) => {
    if (!held || !fingers.has(event.pointerId)) return;
    const before = fingers.get(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    held.far += Math.abs(event.clientX - before.x) + Math.abs(event.clientY - before.y);
    if (fingers.size === 2) {
      const [one, other] = [...fingers.values()], apart = Math.hypot(one.x - other.x, one.y - other.y);
      if (held.apart) zoomBy(held.map, apart / held.apart, { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
      held.apart = apart;
    } else if (fingers.size === 1 && held.far > 4) {
      moved = { ...moved, x: event.clientX - held.x, y: event.clientY - held.y };
      draw(held.map);
    }
  });
  function letGo(event) {
    if (!fingers.delete(event.pointerId) || !held) return;
    const { map, far } = held;
    if (fingers.size) return;
    held = null;
    if (far > 4) {
      map.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
      setTimeout(() => map.dispatchEvent(new Event("click", { cancelable: true })), 0);
      rest(map);
    }
  }
  document.addEventListener("pointerup", letGo);
  document.addEventListener("pointercancel", letGo);
  document.addEventListener("dragstart", (event) => { if (mapOf(event.target)) event.preventDefault(); });
  // what the server has drawn anew stands where the hand has left it
  document.addEventListener("siaga:changed", () => {
    const map = document.querySelector("[data-map]");
    if (!map || held) return;
    const drawn = `${map.dataset.x} ${map.dataset.y} ${map.dataset.zoom}`;
    if (map.drawn !== drawn) {
      map.drawn = drawn;
      moved = { x: 0, y: 0, scale: 1 };
      layers(map).style.transform = "";
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    const map = document.querySelector("[data-map]");
    if (map) map.drawn = `${map.dataset.x} ${map.dataset.y} ${map.dataset.zoom}`;
  });
})();
