// Hands everything on to the network, so that nothing is left without one.
addEventListener('fetch', event => event.respondWith(fetch(event.request)));
