// The blocks of one answer: finished ones stay as they are, the open one is changed where it has changed.

class Blocks {
  constructor(element, finished) {
    this.element = element; // has the answers' own container as its class
    this.finished = finished; // is given each finished block's nodes before they are shown
    this.open = h("div", { class: "nc-open" });
    this.clear();
  }

  clear() {
    this.html = "";
    this.ends = []; // after each finished block, how many nodes there are
    this.open.replaceChildren();
    this.element.replaceChildren(this.open);
  }

  get count() {
    return this.ends.length;
  }

  add(blocks) {
    for (const html of blocks) {
      const nodes = fragment(html);
      this.finished(nodes);
      this.open.before(nodes);
      this.ends.push(this.element.childNodes.length - 1);
    }
  }

  keep(count) {
    const nodes = count ? this.ends[count - 1] : 0;
    while (this.element.childNodes.length - 1 > nodes) this.open.previousSibling.remove();
    this.ends.length = count;
  }

  // The open block's HTML is what it was up to `keep`, and `rest` after that.
  grow(keep, rest) {
    this.html = this.html.slice(0, keep) + rest;
    morph(this.open, fragment(this.html));
  }

  end() {
    this.html = "";
    this.open.replaceChildren();
  }
}

// Makes an element's content that of another, and leaves alone what is the same: a selection stays, and the browser
// lays out the changed part only.
function morph(element, wanted) {
  let old = element.firstChild;
  let next = wanted.firstChild;
  while (next) {
    const following = next.nextSibling;
    if (!old) {
      element.append(next);
    } else if (!old.isEqualNode(next)) {
      if (old.nodeType === Node.TEXT_NODE && next.nodeType === Node.TEXT_NODE) old.data = next.data;
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

function alike(one, other) {
  return (
    one.nodeType === Node.ELEMENT_NODE &&
    one.nodeName === other.nodeName &&
    one.cloneNode(false).isEqualNode(other.cloneNode(false))
  );
}
