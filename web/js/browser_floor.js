// Runs before the page's modules, in the oldest syntax: says plainly when this browser is too old for a visit, or is the inside of an app.
// The floor is Chromium 109, Safari 15.4, Firefox 115; it is found by features, never by the browser's name.
(function () {
  "use strict";

  /** @param {string} id @param {boolean} on */
  function show(id, on) {
    var node = document.getElementById(id);
    if (node) node.hidden = !on;
  }

  /** connectionState came with Firefox 113, dynamic viewport units with Chromium 108 and Safari 15.4, findLast with
   * Safari 15.4: together they are the floor within a version or two, and everything we use came before them. */
  function newEnough() {
    return (
      typeof RTCPeerConnection === "function" &&
      "connectionState" in RTCPeerConnection.prototype &&
      "replaceTrack" in RTCRtpSender.prototype &&
      typeof WebSocket === "function" &&
      typeof structuredClone === "function" &&
      "findLast" in Array.prototype &&
      "hasOwn" in Object &&
      (typeof CSS === "object" || typeof CSS === "function") &&
      CSS.supports("height", "1dvh")
    );
  }

  function canAsk() {
    return !!(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
  }

  /** The same list as `inApp` in troubles.js, which cannot be imported before we know that modules work. */
  function insideApp() {
    var agent = navigator.userAgent;
    if (/FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|Snapchat|TikTok|musical_ly|BytedanceWebview|LinkedInApp|Pinterest|Twitter|GSA\/|YahooMobile|MobileMail|Outlook-iOS|Outlook-Android/.test(agent)) return true;
    if (/Android/.test(agent) && /; wv\)/.test(agent)) return true;
    return /iPhone|iPad|iPod/.test(agent) && /AppleWebKit/.test(agent) && !/Safari/.test(agent);
  }

  /** The whole link, with its secret part: it is the person's own. @type {string} */
  var link = location.href;

  /** @param {Element} button */
  function copy(button) {
    var note = button.parentNode ? /** @type {Element} */ (button.parentNode).querySelector("[data-copied]") : null;
    function done() {
      if (note) /** @type {HTMLElement} */ (note).hidden = false;
    }
    if (navigator.clipboard && navigator.clipboard.writeText) {
      navigator.clipboard.writeText(link).then(done, function () { copyByField(done); });
    } else {
      copyByField(done);
    }
  }

  /** @param {() => void} done */
  function copyByField(done) {
    var field = document.createElement("textarea");
    field.value = link;
    field.setAttribute("readonly", "");
    document.body.appendChild(field);
    field.select();
    try {
      if (document.execCommand("copy")) done();
    } finally {
      document.body.removeChild(field);
    }
  }

  /** The systems' own ways out of an app's browser; where they do nothing, `Copy link` is beside them. */
  function openOutside() {
    if (/Android/.test(navigator.userAgent)) {
      location.href = "intent://" + link.replace(/^https:\/\//, "") + "#Intent;scheme=https;end";
    } else {
      location.href = "x-safari-" + link;
    }
  }

  /** @param {string} selector @param {(button: Element) => void} action */
  function each(selector, action) {
    var found = document.querySelectorAll(selector);
    for (var at = 0; at < found.length; at += 1) action(/** @type {Element} */ (found[at]));
  }

  each("[data-copy-link]", function (button) {
    button.addEventListener("click", function () { copy(button); });
  });
  each("[data-open-browser]", function (button) {
    button.addEventListener("click", openOutside);
  });

  var inside = insideApp();
  if (inside) show("in-app", true);
  if (!newEnough() || (!canAsk() && !inside)) {
    show("refused", true);
    show("in-app", false);
    show("screen", false);
    document.documentElement.setAttribute("data-refused", "");
  }
})();
