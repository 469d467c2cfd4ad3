/** Pages and data that were seen once are there without a network, too. */
if ('serviceWorker' in navigator && /^https?:$/.test(location.protocol)) {
  void navigator.serviceWorker.register(`${document.body.dataset['root'] ?? './'}worker.js`).catch(() => undefined);
}
