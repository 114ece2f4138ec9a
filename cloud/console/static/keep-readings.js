// Opens the page of readings without a link: from the network where it answers soon, else as it was when it last did.
const KEPT = "siaga-readings", SOON_MS = 6000;
const isReading = (url) => /\/console\/[a-z]+\/sites\/[^/]+\/reading$/.test(url.pathname);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function fromNetworkOr(request, held) {
  const answered = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, SOON_MS, undefined));
  const first = await Promise.race([answered, late]).catch(() => undefined);
  return first ?? (await held) ?? answered;
}

self.addEventListener("fetch", (event) => {
  const request = event.request, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const held = () => caches.open(KEPT).then((cache) => cache.match(url.pathname));
  if (request.mode === "navigate" && isReading(url)) event.respondWith(fromNetworkOr(request, held()));
  else if (url.pathname.includes("/console/static/")) event.respondWith(held().then((file) => file ?? fetch(request)));
});
