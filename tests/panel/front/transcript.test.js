import { item } from "./dom.js";

import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";

import { Transcript } from "../../../notebook_chat/panel/front/transcript.js";

let transcript, panel, needed, seen;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  needed = [];
  panel = { acts: [], newest: [], act: (doing) => panel.acts.push(doing), showNewest: (shown) => panel.newest.push(shown) };
  for (const name of ["edit", "copy", "insert"]) panel[name] = (...told) => panel.acts.push([name, ...told]);
  transcript = new Transcript(panel, (ids) => needed.push(ids));
  seen = IntersectionObserver.all.at(-1);
  document.body.replaceChildren(transcript.element);
});

const row = (id, version = 0, stale = false, pinned = false) => [id, version, stale, pinned];
const articles = () => [...transcript.list.querySelectorAll("article")];
const answers = () => articles().map((article) => article.querySelector(".notebook-chat").textContent);
const element = (id) => transcript.turns.get(id).element;
const button = (id, name) => [...element(id).querySelectorAll("button")].find((one) => one.textContent === name);
const comesNear = (...ids) => seen.report(ids.map((id) => ({ isIntersecting: true, target: element(id) })));

describe("rows", () => {
  test("say which turns there are, in which order, and number them", () => {
    transcript.take({ rows: [row("a"), row("b")], items: [item("a"), item("b")] }, []);
    const [first, second] = articles();
    transcript.take({ rows: [row("c"), row("b"), row("a")], items: [item("c")] }, []);
    assert.deepEqual(answers(), ["answer of c", "answer of b", "answer of a"]);
    assert.deepEqual(articles().slice(1), [second, first]);
    assert.deepEqual(articles().map((article) => article.getAttribute("aria-label")), ["Turn 1", "Turn 2", "Turn 3"]);
    transcript.take({ rows: [row("b")] }, []);
    assert.deepEqual(answers(), ["answer of b"]);
    assert.deepEqual(transcript.prompts(), ["prompt of b"]);
  });

  test("without any, the reader is told to ask", () => {
    assert.equal(transcript.empty.hidden, false);
    transcript.take({ rows: [row("a")], items: [item("a")] }, []);
    assert.equal(transcript.empty.hidden, true);
    transcript.take({ rows: [] }, []);
    assert.equal(transcript.empty.hidden, false);
  });

  test("say what is stale and what is pinned, and when it is not any more", () => {
    transcript.take({ rows: [row("a", 0, true, true)], items: [item("a")] }, []);
    const foot = () => element("a").querySelector(".nc-foot").textContent;
    assert.equal(foot(), "parrot:grey · stale: an earlier turn was asked again · pinned");
    assert.ok(element("a").classList.contains("nc-stale"));
    transcript.take({ rows: [row("a")] }, []);
    assert.equal(foot(), "parrot:grey");
    assert.ok(!element("a").classList.contains("nc-stale"));
  });
});

describe("other models' answers", () => {
  const other = (fields = {}) => ({
    answer: 1,
    model: "bee:<b>new",
    blocks: ["<p>Bzz</p>", "<pre><code>x = 1</code></pre>"],
    reasoning: "",
    text: "Bzz",
    foot: "bee:new · 1 s",
    ...fields,
  });
  const folded = (id) => [...element(id).querySelectorAll(".nc-others > details")];

  test("stand folded beneath the one that is in the conversation, each with what can be done", () => {
    const others = [other(), other({ answer: 2, model: "cow", text: "", reasoning: "hm" })];
    transcript.take({ rows: [row("a")], items: [item("a", { others })] }, []);
    const [first, second] = folded("a");
    assert.equal(first.open, false);
    assert.equal(first.querySelector("summary").textContent, "Answer of bee:<b>new");
    assert.equal(first.querySelector(".notebook-chat p").textContent, "Bzz");
    assert.equal(first.querySelector(".nc-foot").textContent, "bee:new · 1 s");
    assert.equal(first.querySelector("details").hidden, true);
    assert.equal(second.querySelector("details").hidden, false);
    assert.equal(second.querySelector(".nc-thoughts").textContent, "hm");
    const names = (one) => [...one.querySelectorAll(".nc-end button")].map((each) => each.textContent);
    assert.deepEqual(names(first), ["Keep", "Copy"]);
    assert.deepEqual(names(second), ["Keep"]);
    first.querySelector(".nc-code button").click();
    first.querySelectorAll(".nc-end button")[1].click();
    second.querySelector(".nc-end button").click();
    assert.deepEqual(panel.acts, [["copy", "x = 1"], ["copy", "Bzz"], { type: "keep", turn: "a", answer: 2 }]);
  });

  test("change with the turn, and are gone while it is asked again", () => {
    transcript.take({ rows: [row("a")], items: [item("a", { others: [other()] })] }, []);
    transcript.take({ rows: [row("a", 1)], items: [item("a", { version: 1, others: [other({ answer: 0, model: "ape" })] })] }, []);
    assert.deepEqual(folded("a").map((one) => one.querySelector("summary").textContent), ["Answer of ape"]);
    transcript.take({ rows: [row("a", -1)], live: { id: "a", blocks: [], open: "", reasoning: "" } }, []);
    assert.deepEqual(folded("a"), []);
    transcript.take({ rows: [row("a", 2)], items: [item("a", { version: 2 })] }, []);
    assert.deepEqual(folded("a"), []);
  });
});

describe("versions", () => {
  test("another version of a turn takes the place of the one that is shown; the same one changes nothing", () => {
    transcript.take({ rows: [row("a")], items: [item("a")] }, []);
    const block = () => element("a").querySelector("p");
    const first = block();
    transcript.take({ items: [item("a", { blocks: ["<p>asked for by another view</p>"] })] }, []);
    assert.equal(block(), first);
    transcript.take({ rows: [row("a", 1)], items: [item("a", { version: 1, blocks: ["<p>new</p>"] })] }, []);
    assert.deepEqual(answers(), ["new"]);
  });

  test("a turn that is not here is asked for when it comes near, once", () => {
    transcript.take({ rows: [row("a"), row("b")], items: [item("b")] }, []);
    assert.deepEqual([...seen.observed], [element("a")]);
    assert.ok(element("a").classList.contains("nc-absent"));
    comesNear("a");
    comesNear("a");
    seen.report([{ isIntersecting: false, target: element("a") }]);
    assert.deepEqual(needed, [["a"]]);
    transcript.take({ items: [item("a")] }, []);
    assert.deepEqual([...seen.observed], []);
    assert.ok(!element("a").classList.contains("nc-absent"));
  });

  test("and once more when it does not come", () => {
    transcript.take({ rows: [row("a")] }, []);
    comesNear("a");
    mock.timers.tick(4000);
    assert.deepEqual([...seen.observed], [element("a")]);
    comesNear("a");
    assert.deepEqual(needed, [["a"], ["a"]]);
  });

  test("an older version that is shown is asked for anew", () => {
    transcript.take({ rows: [row("a")], items: [item("a")] }, []);
    transcript.take({ rows: [row("a", 1)] }, []);
    assert.deepEqual([...seen.observed], [element("a")]);
    assert.deepEqual(answers(), ["answer of a"]);
  });
});

describe("an answer on its way", () => {
  const live = (fields) => ({ live: { id: "a", ...fields } });
  const begun = { prompt: "hi", images: [], blocks: [], keep: 0, open: "", reasoning: "", note: "waiting for the answer" };

  beforeEach(() => transcript.take({ rows: [row("a", -1)], ...live(begun) }, []));

  test("waits, thinks, and grows", () => {
    const turn = element("a");
    assert.equal(turn.querySelector(".nc-note-line").textContent, "waiting for the answer …");
    assert.equal(turn.getAttribute("aria-busy"), "true");
    transcript.take(live({ think: "hm", note: "" }), []);
    transcript.take(live({ think: ", so" }), []);
    assert.deepEqual([turn.querySelector("summary").textContent, turn.querySelector(".nc-thoughts").textContent], ["Thinking …", "hm, so"]);
    assert.equal(turn.querySelector("details").hidden, false);
    transcript.take(live({ keep: 0, open: "<p>One *two</p>" }), []);
    transcript.take(live({ keep: 7, open: "<em>two</em></p>" }), []);
    transcript.take(live({ add: ["<p>One <em>two</em></p>"], keep: 0, open: "<p>three</p>" }), []);
    assert.deepEqual(answers(), ["One twothree"]);
    assert.equal(turn.querySelector("summary").textContent, "Reasoning");
    assert.equal(turn.querySelector("button"), null);
  });

  test("that begins anew has nothing of what was there", () => {
    transcript.take(live({ add: ["<p>one</p>"], think: "hm" }), []);
    transcript.take(live({ blocks: ["<p>two</p>"], keep: 0, open: "", reasoning: "", note: "" }), []);
    assert.deepEqual(answers(), ["two"]);
    assert.equal(element("a").querySelector("details").hidden, true);
  });

  test("that ends keeps the blocks that are there", () => {
    transcript.take(live({ add: ["<p>one</p>"], keep: 0, open: "<p>tw</p>" }), []);
    const first = element("a").querySelector("p.nc-none, .notebook-chat p");
    transcript.take({ rows: [row("a")], items: [item("a", { kept: 1, blocks: ["<p>two</p>"] })] }, []);
    assert.deepEqual(answers(), ["onetwo"]);
    assert.equal(element("a").querySelector(".notebook-chat p"), first);
    assert.equal(element("a").hasAttribute("aria-busy"), false);
    assert.equal(transcript.lastFoot(), "parrot:grey");
  });

  test("whose end keeps blocks that this view lacks is asked for whole", () => {
    transcript.take({ rows: [row("a")], items: [item("a", { kept: 1, blocks: ["<p>two</p>"] })] }, []);
    assert.deepEqual(answers(), [""]);
    assert.deepEqual([...seen.observed], [element("a")]);
  });
});

describe("a turn", () => {
  test("shows its images, and lets go of them with it", () => {
    const made = [];
    const revoked = [];
    mock.method(URL, "createObjectURL", (blob) => `blob:${made.push([blob.type, blob.size])}`);
    mock.method(URL, "revokeObjectURL", (url) => revoked.push(url));
    const images = [{ type: "image/gif", buffer: 1 }];
    const bytes = (size) => new DataView(new ArrayBuffer(size));
    transcript.take({ rows: [row("a")], items: [item("a", { images })] }, [bytes(2), bytes(5)]);
    assert.deepEqual(made, [["image/gif", 5]]);
    assert.equal(element("a").querySelector("img").src, "blob:1");
    transcript.take({ rows: [] }, []);
    assert.deepEqual(revoked, ["blob:1"]);
    mock.restoreAll();
  });

  test("shows the images and recordings of its answer, each once, and lets go of them with it", () => {
    const made = [];
    const revoked = [];
    mock.method(URL, "createObjectURL", (blob) => `blob:${made.push(blob.type)}`);
    mock.method(URL, "revokeObjectURL", (url) => revoked.push(url));
    const bytes = [new DataView(new ArrayBuffer(3))];
    const medium = (type) => [{ type, buffer: 0, told: "<b>a fox</b>" }];
    const shown = () => [...element("a").querySelectorAll(".nc-media > *")].map((one) => `${one.tagName} ${one.src}`);
    transcript.take({ rows: [row("a", -1)], live: { id: "a", prompt: "hi", images: [], blocks: [], keep: 0, open: "" } }, []);
    transcript.take({ live: { id: "a", media: medium("image/png") } }, bytes);
    transcript.take({ live: { id: "a", media: medium("audio/wav") } }, bytes);
    assert.deepEqual(shown(), ["IMG blob:1", "AUDIO blob:2"]);
    assert.equal(element("a").querySelector(".nc-media img").alt, "<b>a fox</b>");
    transcript.take({ rows: [row("a")], items: [item("a", { kept: 0, kept_media: 1, media: medium("image/gif") })] }, bytes);
    assert.deepEqual(shown(), ["IMG blob:1", "IMG blob:3"]);
    assert.deepEqual(revoked, ["blob:2"]);
    transcript.take({ rows: [] }, []);
    assert.deepEqual(revoked, ["blob:2", "blob:1", "blob:3"]);
    mock.restoreAll();
  });

  test("whose end keeps images that this view lacks is asked for whole", () => {
    transcript.take({ rows: [row("a")], items: [item("a", { kept: 0, kept_media: 1 })] }, []);
    assert.deepEqual([...seen.observed], [element("a")]);
  });

  test("has its prompt as text, whatever is written in it", () => {
    transcript.take({ rows: [row("a")], items: [item("a", { prompt: "<img src=x onerror=alert(1)>" })] }, []);
    assert.equal(element("a").querySelector("img"), null);
    assert.equal(element("a").querySelector(".nc-prompt-text").textContent, "<img src=x onerror=alert(1)>");
  });

  test("says what went along with its prompt, and shows what was sent, as text", () => {
    transcript.take({ rows: [row("a")], items: [item("a", { along: "with df (3 × 2)" })] }, []);
    assert.equal(element("a").querySelector(".nc-along").textContent, "with df (3 × 2)");
    assert.equal(element("a").querySelector(".nc-sent").textContent, "");
    transcript.turns.get("a").showSent("<img src=x onerror=alert(1)>");
    assert.equal(element("a").querySelector(".nc-sent pre").textContent, "<img src=x onerror=alert(1)>");
    assert.equal(element("a").querySelector("img"), null);
    transcript.take({ rows: [row("a", 1)], items: [item("a", { version: 1 })] }, []);
    assert.equal(element("a").querySelector(".nc-sent").textContent, "");
  });

  test("can be edited, deleted, copied and asked again", () => {
    transcript.take({ rows: [row("a")], items: [item("a")] }, []);
    for (const name of ["Edit", "Sent", "Delete", "Copy", "Regenerate"]) button("a", name).click();
    assert.deepEqual(panel.acts, [
      ["edit", "a", "prompt of a"],
      { type: "sent", turn: "a" },
      { type: "delete", turn: "a" },
      ["copy", "answer of a"],
      { type: "regenerate", turn: "a" },
    ]);
  });

  test("gives its code to the clipboard and the notebook, without the last line's end", () => {
    transcript.take({ rows: [row("a")], items: [item("a", { text: "", blocks: ["<pre><code>x = 1\n</code></pre>"] })] }, []);
    for (const name of ["Copy", "Insert"]) button("a", name).click();
    assert.deepEqual(panel.acts, [["copy", "x = 1"], ["insert", "x = 1"]]);
  });
});

describe("the end", () => {
  const scroll = (top) => {
    transcript.element.scrollTop = top;
    transcript.element.dispatchEvent(new window.Event("scroll"));
  };

  beforeEach(() => {
    for (const [name, value] of [["scrollHeight", 1000], ["clientHeight", 200]]) {
      Object.defineProperty(transcript.element, name, { value, configurable: true });
    }
  });

  test("is followed until the reader scrolls up, and again when he comes back", () => {
    transcript.follow();
    assert.equal(transcript.element.scrollTop, 1000);
    scroll(800);
    scroll(300);
    assert.equal(panel.newest.at(-1), true);
    transcript.follow();
    assert.equal(transcript.element.scrollTop, 300);
    transcript.toBottom();
    assert.deepEqual([transcript.element.scrollTop, panel.newest.at(-1)], [1000, false]);
  });

  test("is not left by what grows beneath", () => {
    scroll(800);
    Object.defineProperty(transcript.element, "scrollHeight", { value: 2000 });
    scroll(800);
    transcript.follow();
    assert.equal(transcript.element.scrollTop, 2000);
  });
});
