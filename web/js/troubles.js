// Why a camera or microphone cannot be used, and what to tell the person to do about it. Pure.
// The browsers' own names for the same trouble differ; the table of them is in `nameTrouble`.

/** @typedef {"blocked_site"|"blocked_system"|"dismissed"|"in_use"|"missing"|"lost"|"too_old"|"in_app"|"unknown"} Trouble */
/** @typedef {"camera"|"microphone"} Device */
/** @typedef {"ios"|"android"|"mac"|"windows"|"other"} System */
/** @typedef {"safari"|"firefox"|"chromium"|"other"} Browser */
/** @typedef {{system: System, browser: Browser, inApp: boolean}} Surroundings */

/**
 * What can be told from the browser's own description of itself. Used for wording only, never to refuse anybody.
 * @param {string} agent `navigator.userAgent`
 * @param {number} touchPoints `navigator.maxTouchPoints`: an iPad calls itself a Mac, but Macs have no touch screen
 * @returns {Surroundings}
 */
export function surroundings(agent, touchPoints) {
  /** @type {System} */
  let system = "other";
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) system = "ios";
  else if (/Android/.test(agent)) system = "android";
  else if (/Macintosh/.test(agent)) system = "mac";
  else if (/Windows/.test(agent)) system = "windows";
  /** @type {Browser} */
  let browser = "other";
  if (/Firefox|FxiOS/.test(agent)) browser = "firefox";
  else if (/Chrome|CriOS|Chromium|Edg/.test(agent)) browser = "chromium";
  else if (/Safari/.test(agent)) browser = "safari";
  return { system, browser, inApp: inApp(agent) };
}

/** Whether the page runs inside a mail or social app, whose browser often cannot use the camera.
 * @param {string} agent @returns {boolean} */
export function inApp(agent) {
  if (/FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|Snapchat|TikTok|musical_ly|BytedanceWebview|LinkedInApp|Pinterest|Twitter|GSA\/|YahooMobile|MobileMail|Outlook-iOS|Outlook-Android/.test(agent)) {
    return true;
  }
  if (/Android/.test(agent) && /; wv\)/.test(agent)) return true;
  // An iPhone app's web view names WebKit but not Safari; real browsers there all name Safari.
  return /iPhone|iPad|iPod/.test(agent) && /AppleWebKit/.test(agent) && !/Safari/.test(agent);
}

/**
 * Name a failure of `getUserMedia`.
 * Sources: Media Capture and Streams section 10 (errors); Chromium and Firefox messages as seen.
 * @param {{name: string, message: string}|null} error what was thrown; null when the browser has no getUserMedia at all
 * @param {{permission: "granted"|"denied"|"prompt"|"unknown", listed: boolean, inApp: boolean}} known
 *   permission: the site's own, from the Permissions API; listed: the device appears in enumerateDevices
 * @returns {Trouble}
 */
export function nameTrouble(error, known) {
  if (error === null) return known.inApp ? "in_app" : "too_old";
  switch (error.name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
      if (/system/i.test(error.message) || known.permission === "granted") return "blocked_system";
      if (/dismissed/i.test(error.message)) return "dismissed";
      if (known.inApp) return "in_app";
      return "blocked_site";
    case "SecurityError":
      return known.inApp ? "in_app" : "blocked_site";
    case "NotFoundError":
    case "DevicesNotFoundError":
      // Firefox on a Mac says "not found" when the system's privacy settings hide a device that is there.
      return known.listed && known.permission === "granted" ? "blocked_system" : "missing";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "in_use";
    case "OverconstrainedError":
      return "missing";
    case "TypeError":
      return known.inApp ? "in_app" : "too_old";
    default:
      return "unknown";
  }
}

/** @typedef {{title: string, steps: string[]}} Advice */

/**
 * The words for a trouble: a title that says what is wrong and steps that put it right.
 * @param {Trouble} trouble @param {Device} device @param {Surroundings} where @returns {Advice}
 */
export function advice(trouble, device, where) {
  const the = `your ${device}`;
  switch (trouble) {
    case "blocked_site":
      return { title: `This page is not allowed to use ${the}`, steps: unblockSite(device, where) };
    case "blocked_system":
      return { title: `${deviceName(where.system)} does not let your browser use ${the}`, steps: unblockSystem(device, where) };
    case "dismissed":
      return {
        title: `The question about ${the} was closed`,
        steps: ["Choose “Try again”.", "When your browser asks, choose “Allow”."],
      };
    case "in_use":
      return {
        title: `Another app is using ${the}`,
        steps: [
          "Close other apps and tabs that may use it, such as Zoom, Teams or FaceTime.",
          "Then choose “Try again”.",
          "If it stays this way, restart your device and open your link again.",
        ],
      };
    case "missing":
      return {
        title: `We cannot find a ${device}`,
        steps: [
          `If it has a plug, check that it is plugged in. If it has a ${device === "camera" ? "cover or a switch" : "mute switch"}, open it.`,
          "Then choose “Try again”.",
          "Or open your link on a phone. Phones have both a camera and a microphone.",
        ],
      };
    case "lost":
      return {
        title: `${device === "camera" ? "Your camera" : "Your microphone"} stopped`,
        steps: ["It may have been unplugged, or another app may have taken it.", "Choose “Try again”."],
      };
    case "too_old":
      return {
        title: "This browser is too old for video visits",
        steps: [
          "Update your browser, or use another one: Chrome, Safari, Firefox or Edge.",
          "Then open your link again.",
        ],
      };
    case "in_app":
      return {
        title: `This app does not let us use ${the}`,
        steps: [
          where.system === "ios"
            ? "Choose “Copy link”, open Safari, hold your finger on the address bar and choose “Paste and Go”."
            : "Open the menu of this app and choose “Open in browser”, or choose “Copy link” and paste it into Chrome.",
        ],
      };
    case "unknown":
      return {
        title: `We could not start ${the}`,
        steps: ["Choose “Try again”.", "If it does not help, close the browser, open it again and use your link."],
      };
    default: {
      /** @type {never} */
      const other = trouble;
      return other;
    }
  }
}

/** @param {System} system @returns {string} */
function deviceName(system) {
  return { ios: "Your iPhone or iPad", android: "Your phone", mac: "Your Mac", windows: "Windows", other: "Your computer" }[system];
}

/** @param {Device} device @param {Surroundings} where @returns {string[]} */
function unblockSite(device, { system, browser }) {
  const Name = device === "camera" ? "Camera" : "Microphone";
  if (system === "ios" && browser === "safari") {
    return [
      "Next to the address, choose the page menu (the small “aA” or page sign).",
      `Choose “Website Settings”, then “${Name}”, then “Allow”.`,
      "Then choose “Try again”.",
    ];
  }
  if (system === "ios") {
    return [
      "Open the Settings app of your iPhone or iPad and choose your browser in the list.",
      `Turn “${Name}” on.`,
      "Come back here and choose “Try again”.",
    ];
  }
  if (browser === "firefox") {
    return [
      `Next to the address, choose the crossed-out ${device} sign.`,
      "Remove the “Blocked” mark.",
      "Then choose “Try again” and “Allow”.",
    ];
  }
  if (browser === "safari") {
    return [
      "In the menu bar choose Safari, then “Settings for This Website”.",
      `Next to “${Name}” choose “Allow”.`,
      "Then choose “Try again”.",
    ];
  }
  return [
    "Choose the sign to the left of the address (two small sliders or a lock).",
    `Turn “${Name}” on${system === "android" ? " under “Permissions”" : ""}.`,
    "Then choose “Try again”.",
  ];
}

/** @param {Device} device @param {Surroundings} where @returns {string[]} */
function unblockSystem(device, { system }) {
  const Name = device === "camera" ? "Camera" : "Microphone";
  const last = "Come back here and choose “Try again”.";
  switch (system) {
    case "ios":
      return [`Open the Settings app, choose your browser in the list and turn “${Name}” on.`, last];
    case "android":
      return [`Open Settings, then Apps, then your browser, then Permissions, and allow “${Name}”.`, last];
    case "mac":
      return [
        `Open System Settings, then “Privacy & Security”, then “${Name}”, and turn your browser on.`,
        "Your Mac may ask to quit and reopen the browser. Then open your link again.",
      ];
    case "windows":
      return [
        `Open Settings, then “Privacy & security”, then “${Name}”.`,
        `Turn on “${Name} access” and “Let desktop apps access your ${device}”.`,
        last,
      ];
    case "other":
      return [`Open your system's privacy settings and let the browser use the ${device}.`, last];
    default: {
      /** @type {never} */
      const unknown = system;
      return unknown;
    }
  }
}
