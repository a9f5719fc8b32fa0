// The others in a visit beside the one whose picture is large: a tile each, with name, role and marks. Shell (DOM).
// The four tiles are in the page and never replaced; a visit holds six people at most.

import { announce, need, setIcon } from "./dom.js";
import { initials, personWords, text } from "./people_words.js";
import { bystanders } from "./visit.js";

/** @typedef {import("./visit.js").View} View */
/** @typedef {import("./wire.js").PersonHere} PersonHere */
/** @typedef {import("./remotes.js").Remote} Remote */

export class Tiles {
  /** @type {HTMLElement} */ #list;
  /** @type {HTMLElement[]} */ #tiles;
  /** Whose each tile is. @type {string[]} */ #owners = [];
  /** @type {ReadonlyMap<string, PersonHere>|null} who was here when last drawn; null before that */ #here = null;

  /** @param {HTMLElement} root the stage */
  constructor(root) {
    this.#list = need(root, "[data-stage=tiles]", HTMLElement);
    this.#tiles = [...this.#list.querySelectorAll("li")];
  }

  /** The tiles' own players, for whoever lets sound play. @returns {HTMLVideoElement[]} */
  get players() {
    return this.#tiles.filter((tile) => !tile.hidden).map(player);
  }

  /** @param {View} view @param {ReadonlyMap<string, Remote>} remotes */
  show(view, remotes) {
    const people = bystanders(view);
    this.#tell(people);
    this.#owners = this.#places(people.map((one) => one.participant));
    this.#list.hidden = people.length === 0;
    this.#tiles.forEach((tile, place) => {
      const one = people.find((person) => person.participant === this.#owners[place]);
      const stream = one ? (remotes.get(one.participant)?.person ?? null) : null;
      const video = player(tile);
      tile.hidden = !one;
      if (video.srcObject !== stream) video.srcObject = stream;
      if (one) this.#draw(tile, one, view);
    });
  }

  /** Let go of the pictures. */
  clear() {
    for (const tile of this.#tiles) player(tile).srcObject = null;
    this.#owners = [];
    this.#here = null;
    this.#list.hidden = true;
  }

  /** Who has a tile keeps it, so that nobody's picture jumps when another comes or goes.
   * @param {string[]} wanted @returns {string[]} */
  #places(wanted) {
    const kept = this.#tiles.map((_, place) => (wanted.includes(this.#owners[place] ?? "") ? (this.#owners[place] ?? "") : ""));
    for (const one of wanted) if (!kept.includes(one) && kept.includes("")) kept[kept.indexOf("")] = one;
    return kept;
  }

  /** @param {HTMLElement} tile @param {PersonHere} one @param {View} view */
  #draw(tile, one, view) {
    const muted = view.muted[one.participant];
    const flows = view.media.of?.[one.participant];
    const dark = muted?.video === true || flows?.video === "none" || view.audioOnly;
    tile.dataset["participant"] = one.participant;
    text(part(tile, "name"), personWords(one));
    text(part(tile, "initials"), initials(one.name));
    part(tile, "curtain").hidden = !dark;
    text(part(tile, "curtain-words"), view.audioOnly ? "Sound only" : muted?.weak ? "Paused: weak line" : muted?.video ? "Camera off" : one.here ? "No picture" : "Reconnecting");
    const mark = part(tile, "mark");
    mark.hidden = muted?.audio !== true;
    setIcon(mark, "mic-off");
  }

  /** Who came and who went, for those who do not see it. @param {PersonHere[]} people */
  #tell(people) {
    const now = new Map(people.map((one) => [one.participant, one]));
    const before = this.#here;
    this.#here = now;
    if (!before) return;
    for (const [who, one] of now) if (!before.has(who)) announce(`${personWords(one)}, is in the visit now.`);
    for (const [who, one] of before) if (!now.has(who)) announce(`${personWords(one)}, is no longer in the visit.`);
  }
}

/** @param {HTMLElement} tile @returns {HTMLVideoElement} */
function player(tile) {
  return need(tile, "video", HTMLVideoElement);
}

/** @param {HTMLElement} tile @param {string} name @returns {HTMLElement} */
function part(tile, name) {
  return need(tile, `[data-tile=${name}]`, HTMLElement);
}
