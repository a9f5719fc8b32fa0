// The worker of heartbeat.js: told how many ms, it says so every so often. Shell (a classic worker).

addEventListener("message", (event) => {
  setInterval(() => postMessage(null), Number(event.data));
});
