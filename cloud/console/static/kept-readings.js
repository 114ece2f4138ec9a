// Readings that are kept in this browser until they are sent, and the page itself, so that it opens without a link.
const siagaKept = (() => {
  "use strict";
  const NAME = "siaga-readings", STORE = "kept", PERSON = "siaga-readings-person";

  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => {}); // whoever asks is told

  async function inStore(mode, work) {
    const database = await opened;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode), request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  // crypto.randomUUID is there over TLS alone
  function newKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // all that the page needs, as it is now; what an earlier version or another person needed goes
  async function keepPage(person) {
    if (!("caches" in window)) return;
    if (localStorage.getItem(PERSON) !== person) await caches.delete(NAME);
    const page = await fetch(location.pathname);
    if (!page.ok || page.redirected) return;
    localStorage.setItem(PERSON, person);
    const parts = [...document.querySelectorAll("link[rel='stylesheet'], link[rel='icon'], script[src], use")];
    const files = new Set(parts.map((part) => new URL(part.href?.baseVal ?? part.href ?? part.src, location.href).pathname));
    const cache = await caches.open(NAME);
    for (const held of await cache.keys()) {
      const path = new URL(held.url).pathname;
      if (path.includes("/static/") && !files.has(path)) await cache.delete(held);
    }
    await cache.put(location.pathname, page);
    await cache.addAll([...files]);
  }

  async function keepOpen(section) {
    if (!("serviceWorker" in navigator)) return;
    await navigator.serviceWorker.register(section.dataset.worker, { scope: section.dataset.scope });
    await keepPage(section.dataset.person);
    section.dataset.opens = "without a link";
  }

  return {
    newKey,
    keepOpen,
    all: () => inStore("readonly", (store) => store.getAll()),
    keep: (entry) => inStore("readwrite", (store) => store.put(entry)),
    drop: (key) => inStore("readwrite", (store) => store.delete(key)),
  };
})();
