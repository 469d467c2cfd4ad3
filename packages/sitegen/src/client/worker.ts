/// <reference lib="webworker" />

/**
 * Files whose names have the hash of their content never change: what was fetched once is served from the cache. Pages come from the
 * network first.
 */
const worker = globalThis as unknown as ServiceWorkerGlobalScope;
const CACHE = 'duckpond-1';
const HASHED = /\.[0-9a-f]{10}\.(js|css|parquet|svg|png|woff2|wasm)$/;

worker.addEventListener('install', () => void worker.skipWaiting());
worker.addEventListener('activate', (event) => { event.waitUntil(worker.clients.claim()); });
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(HASHED.test(new URL(request.url).pathname) ? cachedFirst(request) : networkFirst(request));
});

async function cachedFirst(request: Request): Promise<Response> {
  return await caches.match(request) ?? fetchAndKeep(request);
}

async function networkFirst(request: Request): Promise<Response> {
  try {
    return await fetchAndKeep(request);
  } catch (error) {
    const kept = await caches.match(request);
    if (kept !== undefined) return kept;
    throw error;
  }
}

async function fetchAndKeep(request: Request): Promise<Response> {
  const response = await fetch(request);
  if (response.ok && response.status === 200) {
    const cache = await caches.open(CACHE);
    await cache.put(request, response.clone());
  }
  return response;
}
