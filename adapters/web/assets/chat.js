// The page: a log of turns (what was said and the replies to it) and of cards that change while one looks.

import { blocks, buttons, element, pill, prose, worst } from "./blocks.js";
import { Composer } from "./composer.js";
import { Trouble, complete, follow, say } from "./server.js";
import * as transcript from "./transcript.js";

const EXAMPLES = [
  ["add-monitor https://example.org every 30s", "Watch a page"],
  ["status", "See how everything is"],
  ["help", "Learn what else you can say"],
];

/// Characters that are shown of what was said.
const LONGEST_SHOWN = 2_000;

const log = document.getElementById("log");
const scroll = document.getElementById("scroll");
const jump = document.getElementById("jump");
const conversation = transcript.conversation();
/// What the log shows, in order, each with its element.
const entries = [];
const shown = new WeakMap();

const save = () => transcript.keep(entries);

// ---- Drawing

function clock(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(today ? {} : { day: "numeric", month: "short" }) };
  return element("time", { datetime: date.toISOString(), title: date.toLocaleString() }, date.toLocaleString([], form));
}

function failedSign() {
  return element("span", { class: "failed" }, element("span", { "aria-hidden": "true" }, "!"), element("span", { class: "unseen" }, "Did not work: "));
}

function replyElement(reply, stays = false) {
  const act = (action) => turn({ action: action.token }, action.label);
  // A card stays, and what is typed next goes to the line.
  const pressed = (action) => { act(action); composer.focus(); };
  const status = worst(reply);
  const body = [reply.ok ? null : failedSign(), ...blocks(reply, { fill: (answer, text) => turn({ answer }, text) }), buttons(reply, { act, again: stays ? pressed : null })];
  return element("div", { class: `reply${reply.ok ? "" : " not-ok"}${status ? ` edge is-${status}` : ""}` }, ...body);
}

function troubleElement(entry) {
  const again = () => {
    const index = entries.indexOf(entry);
    entries.splice(index, 1);
    shown.get(entry).remove();
    turn(entry.input, entry.input.text ?? entry.text);
  };
  const button = element("button", { type: "button", class: "action is-default", onclick: again }, "Say it again");
  const offer = entry.again ? element("div", { class: "actions" }, button) : null;
  return element("div", { class: "reply not-ok" }, failedSign(), prose(entry.trouble), offer);
}

function working() {
  const dots = Array.from({ length: 3 }, () => element("i", {}));
  return element("div", { class: "working" }, element("span", { class: "unseen" }, "Working…"), ...dots);
}

function draw(entry) {
  if (entry.kind === "card") {
    return element("article", { class: "entry card" }, clock(entry.at), replyElement(entry.reply, true));
  }
  const said = element("div", { class: "said" }, element("span", { class: "unseen" }, "You: "), element("span", { class: "line" }, entry.text), clock(entry.at));
  const after = entry.trouble ? [troubleElement(entry)] : entry.replies ? entry.replies.map((reply) => replyElement(reply)) : [working()];
  return element("article", { class: "entry turn", "aria-busy": !entry.replies && !entry.trouble }, said, ...after);
}

/// Shows an entry at its place in time, or anew where it stands already.
function place(entry) {
  const old = shown.get(entry);
  const made = draw(entry);
  shown.set(entry, made);
  if (old) {
    old.replaceWith(made);
    return made;
  }
  document.getElementById("welcome")?.remove();
  const before = entries.findIndex((other) => other.at > entry.at);
  entries.splice(before < 0 ? entries.length : before, 0, entry);
  if (before < 0) log.append(made);
  else log.insertBefore(made, shown.get(entries[before + 1]));
  return made;
}

const nearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
const toEnd = () => scroll.scrollTo({ top: scroll.scrollHeight });

/// Offers the way to something that changed out of sight.
function point(to, text) {
  jump.textContent = text;
  jump.hidden = false;
  jump.onclick = () => {
    jump.hidden = true;
    to.scrollIntoView({ block: "center" });
  };
}

// ---- Talking

let queue = Promise.resolve();

/// A text as it is shown: of a very long one its beginning.
function cut(text) {
  if (text.length <= LONGEST_SHOWN) return text;
  const size = text.length < 1e6 ? `${text.length.toLocaleString("en")} characters` : `${Math.round(text.length / 1e6)} MB`;
  return `${text.slice(0, LONGEST_SHOWN)}… ${size}`;
}

/// Says something; one after the other, for an answer may depend on what was asked before. Resolves to whether the line may be kept
/// to be recalled.
function turn(input, text) {
  const entry = { kind: "turn", at: Date.now(), input, text: cut(text), replies: null };
  place(entry);
  save();
  toEnd();
  const answered = queue.then(async () => {
    try {
      entry.replies = await say(conversation, input);
      entry.sensitive = entry.replies.some((reply) => reply.sensitive);
      if (entry.sensitive) entry.text = transcript.NOT_KEPT;
    } catch (error) {
      entry.trouble = error instanceof Trouble ? error.message : `This page stumbled: ${error.message}`;
      entry.again = error.again ?? false;
    }
    if (!entry.again) entry.input = null;
    const stay = !nearEnd();
    const made = place(entry);
    save();
    if (stay) point(made, "New answer ↓");
    else made.scrollIntoView({ block: made.offsetHeight > scroll.clientHeight ? "start" : "end" });
    return entry.replies !== null && !entry.sensitive;
  });
  queue = answered;
  return answered;
}

// ---- Listening

function card({ id, revision, created_at: created, reply }) {
  const known = entries.find((entry) => entry.kind === "card" && entry.id === id);
  if (known && known.revision >= revision) return;
  const follows = nearEnd();
  const entry = known ?? { kind: "card", id, at: Date.parse(created) };
  Object.assign(entry, { revision, reply });
  const made = place(entry);
  if (known) made.classList.add("changed");
  save();
  if (follows && !known) toEnd();
  const { top, bottom } = made.getBoundingClientRect();
  if (bottom < 0 || top > innerHeight) point(made, known ? "Something changed above ↑" : "Something happened ↓");
}

/// The header's summary, and the tab's title.
function overview(counts) {
  const of = (status) => counts[status] ?? 0;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const bad = ["down", "degraded", "inconclusive", "unknown"].filter((status) => of(status) > 0);
  const text = document.getElementById("overall-text");
  document.getElementById("overall").hidden = total === 0;
  document.title = of("down") > 0 ? `✕ ${of("down")} down · Watchword` : "Watchword";
  if (bad.length > 0) text.replaceChildren(...bad.slice(0, 2).map((status) => summary(status, `${of(status)} ${status}`)));
  else if (of("up") > 0) text.replaceChildren(summary("up", total === of("up") ? `All ${total} up` : `${of("up")} up`));
  else text.replaceChildren(summary("paused", `${total} paused`));
}

function summary(status, words) {
  const made = pill(status);
  made.lastChild.replaceWith(words);
  return made;
}

let lost = null;

/// A short break is nobody's business; a longer one is told.
function live(connected) {
  const told = document.getElementById("connection");
  if (connected) {
    clearTimeout(lost);
    lost = null;
    told.hidden = true;
  } else {
    lost ??= setTimeout(() => {
      told.textContent = "The connection is lost; I keep trying. What happens meanwhile appears here when it is back.";
      told.hidden = false;
    }, 3_000);
  }
}

// ---- Starting

function welcome() {
  const example = ([line, about]) => element("li", {}, element("button", { type: "button", class: "example", "data-fill": line }, element("span", {}, about), element("code", {}, line)));
  return element("section", { class: "welcome", id: "welcome" },
    element("h2", {}, "Hello. What shall I watch?"),
    element("p", {}, "Tell me an address and I check it around the clock, say so here when it breaks, and report on it when you ask."),
    element("ul", {}, ...EXAMPLES.map(example)));
}

const composer = new Composer({
  send: (text) => turn({ text }, text),
  complete: (text, signal) => complete(conversation, text, signal),
});

document.addEventListener("click", (event) => {
  const { fill, say: line } = event.target.closest("[data-fill], [data-say]")?.dataset ?? {};
  if (fill) composer.fill(fill);
  if (line) turn({ text: line }, line);
});
scroll.addEventListener("scroll", () => {
  if (nearEnd()) jump.hidden = true;
}, { passive: true });

for (const entry of transcript.restore()) place(entry);
if (entries.length === 0) log.append(welcome());
toEnd();
composer.focus();
follow(conversation, { card, overview, live });
