// A beat that a hidden page keeps too: browsers slow the timers of hidden pages to one a minute, but not a worker's.
// Without it a person who looks at another tab while they wait would seem to have gone away. Shell.

import { scriptURL } from "./trusted.js";

/**
 * Call `onBeat` every `every` ms until the returned function is called.
 * @param {number} every ms @param {() => void} onBeat @returns {() => void}
 */
export function beat(every, onBeat) {
  try {
    const worker = new Worker(scriptURL("/static/js/heartbeat_worker.js"));
    worker.addEventListener("message", onBeat);
    worker.postMessage(every);
    return () => worker.terminate();
  } catch {
    // No worker to be had (an old policy, a private mode): a timer of the page is slower when hidden, but beats.
    const timer = setInterval(onBeat, every);
    return () => clearInterval(timer);
  }
}
