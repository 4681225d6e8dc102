const PAGE = '/good/';

addEventListener('install', event => event.waitUntil(caches.open('pages').then(cache => cache.add(PAGE))));
addEventListener('fetch', event => {
  if (event.request.mode !== 'navigate') return;
  event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
});
