// @ts-check
// The blocks of one answer: finished ones stay as they are, the open one is changed where it has changed.

import { fragment } from "./page.js";

export class Blocks {
  /**
   * @param {Element} element has the answers' own container as its class
   * @param {(nodes: DocumentFragment) => void} decorate is given nodes before they are shown
   */
  constructor(element, decorate) {
    this.element = element;
    this.decorate = decorate;
    this.html = ""; // of the open block
    /** @type {number[]} */
    this.ends = []; // after each finished block, how many nodes there are
  }

  clear() {
    this.html = "";
    this.ends = [];
    this.element.replaceChildren();
  }

  get count() {
    return this.ends.length;
  }

  /**
   * Only so many finished blocks stay.
   *
   * @param {number} count
   */
  keep(count) {
    this.ends.length = count;
    this.html = "";
  }

  /**
   * More finished blocks, and what is open after them: what was open becomes the first of them in its place.
   *
   * @param {string[]} finished
   * @param {string} open
   */
  grow(finished, open) {
    const start = this.ends.at(-1) ?? 0;
    const wanted = document.createDocumentFragment();
    for (const html of finished) {
      wanted.append(fragment(html));
      this.ends.push(start + wanted.childNodes.length);
    }
    wanted.append(fragment(open));
    this.html = open;
    this.decorate(wanted);
    morph(this.element, wanted, this.element.childNodes[start] ?? null);
  }

  /**
   * The open block's HTML as it is up to `keep`, in UTF-16 units, and `rest` after that.
   *
   * @param {number} keep
   * @param {string} rest
   */
  opened(keep, rest) {
    return this.html.slice(0, keep) + rest;
  }
}

/**
 * Makes an element's content, from a node on, that of another, and leaves alone what is the same: a selection stays,
 * and the browser lays out the changed part only.
 *
 * @param {Node} element
 * @param {Node} wanted
 * @param {ChildNode | null} from
 */
function morph(element, wanted, from = element.firstChild) {
  let old = from;
  let next = wanted.firstChild;
  while (next) {
    const following = next.nextSibling;
    if (old) keepUnfolded(old, next);
    if (!old) {
      element.appendChild(next);
    } else if (!old.isEqualNode(next)) {
      if (old instanceof Text && next instanceof Text) extend(old, next.data);
      else if (alike(old, next)) morph(old, next);
      else {
        old.replaceWith(next);
        old = next;
      }
    }
    old = old?.nextSibling ?? null;
    next = following;
  }
  while (old) {
    const following = old.nextSibling;
    old.remove();
    old = following;
  }
}

/**
 * What the reader has unfolded stays so.
 *
 * @param {Node} old
 * @param {Node} next
 */
function keepUnfolded(old, next) {
  if (old.nodeName !== "DETAILS" || next.nodeName !== "DETAILS") return;
  const open = /** @type {Element} */ (old).hasAttribute("open");
  /** @type {Element} */ (next).toggleAttribute("open", open);
}

/**
 * Replacing a text would collapse a selection in it, adding to it does not.
 *
 * @param {Text} node
 * @param {string} text
 */
function extend(node, text) {
  if (text.startsWith(node.data)) node.appendData(text.slice(node.data.length));
  else node.data = text;
}

/**
 * @param {Node} one
 * @param {Node} other
 */
function alike(one, other) {
  return one instanceof Element && one.nodeName === other.nodeName && one.cloneNode(false).isEqualNode(other.cloneNode(false));
}
