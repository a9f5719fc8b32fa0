// Keeps the screen on while somebody waits or talks, where the browser can. Shell.

export class Wake {
  /** @type {WakeLockSentinel|null} */ #lock = null;
  #wanted = false;

  constructor() {
    // The system takes the lock back whenever the page is hidden.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#wanted) void this.#take();
    });
  }

  /** @param {boolean} on */
  keep(on) {
    this.#wanted = on;
    if (on) {
      void this.#take();
    } else {
      void this.#lock?.release().catch(() => undefined);
      this.#lock = null;
    }
  }

  async #take() {
    if (!("wakeLock" in navigator) || (this.#lock && !this.#lock.released)) return;
    // Refused on low battery: the visit goes on, the screen may dim.
    this.#lock = await navigator.wakeLock.request("screen").catch(() => null);
  }
}
