// Runs before everything, in the oldest syntax: a page whose scripts or styles were lost on the way (its network changed
// just then, or the server was starting) says so and loads again, later and later, as soon as there is a network. Nothing
// is lost by it: a page that answers what somebody typed, or into which somebody typed meanwhile (one of its scripts may
// have come), is loaded again only by their own press on a button. A form that is sent before its script came is held,
// and sent when it is there: the browser alone would load the page anew, and nothing would be done.
(function () {
  "use strict";

  var COUNT = "antechamber-loads";
  /** Seconds before each further attempt; whoever needs more presses the button. */
  var PAUSES = [1, 2, 4, 8, 15];
  var lost = false;
  var typed = false;

  /** How many attempts this tab made in a row: without storage, as if it were all. */
  function attempts() {
    try {
      return Number(sessionStorage.getItem(COUNT) || 0);
    } catch (_unavailable) {
      return PAUSES.length;
    }
  }

  /** @param {number} count */
  function remember(count) {
    try {
      if (count) sessionStorage.setItem(COUNT, String(count));
      else sessionStorage.removeItem(COUNT);
    } catch (_unavailable) {
      // then it is asked again every time
    }
  }

  function load() {
    if (typed) return offer();
    remember(attempts() + 1);
    location.reload();
  }

  /** From here on it is the person who decides. */
  function offer() {
    remember(0);
    say("Part of this page did not arrive. Check your internet connection, then load it again.", true);
  }

  /** Browsers that tell how the page itself was answered: more than 399 is an answer to what was sent. */
  function answersAForm() {
    var entry = /** @type {any} */ (performance.getEntriesByType("navigation")[0]);
    return !!entry && entry.responseStatus >= 400;
  }

  /** @param {string} words @param {boolean} button */
  function say(words, button) {
    var said = document.getElementById("page-load");
    if (said && said.parentNode) said.parentNode.removeChild(said);
    var note = document.createElement("p");
    note.id = "page-load";
    note.className = "notice warn";
    note.setAttribute("role", "alert");
    note.appendChild(document.createTextNode(words + " "));
    if (button) {
      var press = document.createElement("button");
      press.type = "button";
      press.className = "button";
      press.textContent = "Load again";
      press.addEventListener("click", function () { location.reload(); });
      note.appendChild(press);
    }
    var before = document.getElementById("main");
    if (before && before.parentNode) before.parentNode.insertBefore(note, before);
    else document.body.appendChild(note);
  }

  /** Once the document is there: what is said of it, and when it is loaded again. */
  function recover() {
    var made = attempts();
    if (made >= PAUSES.length || answersAForm() || typed) return offer();
    say("Part of this page did not arrive. It is being loaded again.", false);
    setTimeout(function () {
      if (navigator.onLine) load();
      else addEventListener("online", load);
    }, PAUSES[made] * 1000);
  }

  document.addEventListener("error", function (event) {
    var what = event.target;
    var script = what instanceof HTMLScriptElement;
    if (lost || !(script || (what instanceof HTMLLinkElement && what.rel === "stylesheet"))) return;
    lost = true;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", recover);
    else recover();
  }, true);

  /** @type {SubmitEvent|null} */
  var early = null;

  /** @param {SubmitEvent} event */
  function hold(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    early = event;
  }

  document.addEventListener("submit", hold, true);
  // The browser says this when every script of the page has run.
  document.addEventListener("DOMContentLoaded", function () {
    document.removeEventListener("submit", hold, true);
    var form = early && early.target;
    if (form instanceof HTMLFormElement && early && !lost) form.requestSubmit(early.submitter);
  });

  document.addEventListener("input", function () { typed = true; }, true);
  addEventListener("load", function () { if (!lost) remember(0); });
})();
