/* Chats are kept in this browser, turn by turn: two pages on one chat add to each other. The server knows a chat by a key, for as long as
   somebody may come back to an answer that is under way. */
import { at, download, make, questionBox, say, store, type } from "./basics.js";
import { closeSources, forgetTurn } from "./sources.js";

const INDEX = "footnote:chats";
const UNSENT = "footnote:unsent";
const CHAT = (id) => "footnote:chat:" + id;
const DRAFT = (id) => "footnote:draft:" + (id || "new");
const MOST_CHATS = 200;
const LONGEST = 4000; // ui/ask.py has the same
const MOST_WAITING = 5;

let current = null; // the id of the chat on the page
let expecting = null; // the id of the chat that the server has been asked for
let renaming = false;
let leaving = ""; // the key of the chat that is shown still, though another was asked for
let redraw = () => {};
let reopen = () => {};
let changed = () => {};
let retyped = () => {};
const seen = new Map(); // of each chat: the turns that this page has shown

export const chatNow = () => current;
export const onChange = (call) => (changed = call);

const fresh = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
const nameOf = (record) => record.id || record.at + " " + record.answer.question;

function read(key, otherwise) {
  try {
    return JSON.parse(store.get(key) || "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function index() {
  const found = read(INDEX, []);
  return Array.isArray(found) ? found.filter((one) => one && typeof one.id === "string") : [];
}

function entry(id, change) {
  const list = index();
  const found = list.find((one) => one.id === id);
  if (!found) return null;
  Object.assign(found, change);
  store.set(INDEX, JSON.stringify(list));
  return found;
}

function add(id, title) {
  const list = index().filter((one) => one.id !== id);
  list.unshift({ id, title: title.slice(0, 300), at: Date.now() });
  const spare = list.filter((one) => !one.pin).slice(MOST_CHATS);
  for (const gone of spare) store.set(CHAT(gone.id), null);
  store.set(INDEX, JSON.stringify(list.filter((one) => !spare.includes(one))));
}

function turnsOf(id) {
  const found = read(CHAT(id), []);
  return Array.isArray(found) ? found : null;
}

/* Which chat a key of the server stands for. An update that was on its way when another chat was opened belongs to its own. */
function idOf(key, title) {
  const known = index().find((one) => one.key === key);
  if (known) {
    if (expecting === known.id) expecting = null;
    return known.id;
  }
  const id = expecting || (current && !index().find((one) => one.id === current)?.bound ? current : null) || fresh();
  if (!index().some((one) => one.id === id)) add(id, title);
  if (!current) current = id;
  expecting = null;
  entry(id, { key, bound: true });
  return id;
}

/* Write the turns on the page into the browser: those that another page has added since stay. */
export function keep(element) {
  const articles = [...element.querySelectorAll("[data-record]")];
  if (!articles.length) return;
  const turns = articles.map((one) => JSON.parse(one.dataset.record));
  const id = idOf(articles[0].dataset.key, turns[0].answer.question);
  const shown = seen.get(id) || seen.set(id, new Set()).get(id);
  for (const turn of turns) shown.add(nameOf(turn));
  const stored = turnsOf(id) || [];
  const others = stored.filter((turn) => !shown.has(nameOf(turn)));
  const all = others.length ? [...turns, ...others].sort((a, b) => (a.at < b.at ? -1 : 1)) : turns;
  const text = JSON.stringify(all);
  if (store.get(CHAT(id)) === text) return redraw();
  const list = index();
  for (;;) {
    if (store.set(CHAT(id), text)) break;
    const oldest = list.filter((one) => one.id !== id && !one.pin).pop(); // full: the oldest chat makes room
    if (!oldest) return say("This chat is too long to be kept in the browser");
    list.splice(list.indexOf(oldest), 1);
    store.set(CHAT(oldest.id), null);
  }
  const own = list.find((one) => one.id === id) || { id, title: turns[0].answer.question.slice(0, 300) };
  own.at = Date.now();
  if (own.pending && turns.some((turn) => turn.answer.question === own.pending)) delete own.pending;
  if (!own.name) own.title = turns[0].answer.question.slice(0, 300);
  store.set(INDEX, JSON.stringify([own, ...list.filter((one) => one !== own)]));
  redraw();
  changed();
}

/* The answer under way: the key that leads back to it is noted. */
export function underWay(article) {
  const { key, asked } = article.dataset;
  if (!key) return;
  const id = idOf(key, asked || "");
  if (index().find((one) => one.id === id)?.pending !== asked) entry(id, { pending: asked });
  if (store.get(UNSENT) === asked) store.set(UNSENT, null);
  redraw();
  changed();
}

// -- the box ---------------------------------------------------------------------------------------------------------------------
function refill(text) {
  const box = questionBox();
  if (box && !box.value.trim()) type(box, text);
}

function putBack(text, why) {
  refill(text);
  store.set(UNSENT, null);
  if (why) say(why);
}

const arrived = (text) =>
  [...document.querySelectorAll("#live [data-asked]")].some((one) => one.dataset.asked === text) ||
  [...document.querySelectorAll("#live .waiting .text, #transcript .asked h3, #live .asked h3")].some((one) => one.textContent === text);

async function watchOver(text) {
  for (let tries = 0; tries < 3; tries += 1) {
    await new Promise((go) => setTimeout(go, 1500));
    if (arrived(text) || store.get(UNSENT) !== text) return store.get(UNSENT) === text && store.set(UNSENT, null);
    try {
      await fetch("healthz", { signal: AbortSignal.timeout(8000) });
      if (tries === 2) store.set(UNSENT, null);
    } catch {
      return putBack(text, "The server can't be reached. Your question is in the box again.");
    }
  }
}

const keysShown = () => [...document.querySelectorAll("#transcript [data-key], #live [data-key]")].map((one) => one.dataset.key);

/* A chat that was just turned to is there once nothing of the one before is left: a question must not go to that one. */
async function settled() {
  for (let tries = 0; tries < 200 && leaving && keysShown().includes(leaving); tries += 1) await new Promise((go) => setTimeout(go, 50));
  leaving = "";
}

/* Gradio looks into the box some time after a press on Enter or Send; on a busy machine the next question may stand there by then. So a
   question is taken out of the box at the press itself, before Gradio hears of it. */
const pressed = [];
function take(event) {
  const box = questionBox();
  const entered = event.type === "keypress" && event.key === "Enter" && !event.shiftKey && event.target === box;
  if (!box || !(entered || (event.type === "click" && event.target.closest?.("#send")))) return;
  pressed.push(box.value);
  if (box.value.trim() && !refusal(box.value.trim())) type(box, "");
}
for (const name of ["keypress", "click"]) document.addEventListener(name, take, true);

const refusal = (text) => {
  if (text.length > LONGEST) {
    return `A question may have ${LONGEST.toLocaleString("en")} characters; this one has ${text.length.toLocaleString("en")}`;
  }
  return document.querySelectorAll("#live .waiting li").length >= MOST_WAITING ? "Several questions wait already" : "";
};

/* What a press does before anything goes out: [what is sent, the note above the box]. The next press may come before the first has got
   through; each question goes out from `outbox` by itself. */
const outbox = [];
export async function send(question, note) {
  const [text, above] = await sending(pressed.length ? pressed.shift() : question, note);
  outbox.push(text);
  return [text, above];
}

export const next = (sent) => (outbox.length ? outbox.shift() : sent);

async function sending(question, note) {
  const text = (question || "").trim();
  if (!text) return ["", note];
  const refused = refusal(text);
  if (refused) {
    refill(question); // what waits to arrive is another question's business
    say(refused);
    return ["", note];
  }
  const began = current;
  if (!current) {
    current = fresh();
    add(current, text);
  }
  entry(current, { pending: text });
  store.set(DRAFT(began), null);
  store.set(DRAFT(current), null);
  store.set(UNSENT, text);
  await settled();
  watchOver(text);
  document.body.classList.remove("typed");
  setTimeout(retyped, 100);
  redraw();
  changed();
  return [text, ""];
}

export function composer(box) {
  const room = make("p", { id: "counter", role: "status", hidden: true });
  at("composer")?.append(room);
  const typed = () => {
    store.set(DRAFT(current), box.value);
    document.body.classList.toggle("typed", Boolean(box.value.trim()));
    const used = box.value.trim().length;
    room.hidden = used < LONGEST * 0.8;
    room.classList.toggle("over", used > LONGEST);
    room.textContent =
      used > LONGEST
        ? `${used.toLocaleString("en")} of ${LONGEST.toLocaleString("en")} characters: too long to be sent`
        : `${used.toLocaleString("en")} of ${LONGEST.toLocaleString("en")} characters`;
  };
  // Gradio empties and fills the box without an event: what happens then is seen when it is looked at next.
  for (const event of ["input", "focus", "blur"]) box.addEventListener(event, typed);
  retyped = () => requestAnimationFrame(typed);
  if (new URLSearchParams(location.search).has("q")) return;
  const left = store.get(UNSENT) || store.get(DRAFT(current)) || "";
  store.set(UNSENT, null);
  if (left) type(box, left);
}

function draft() {
  const box = questionBox();
  if (box) type(box, store.get(DRAFT(current)) || "");
}

// -- opening and deleting ----------------------------------------------------------------------------------------------------------
export function open(id) {
  const known = index().find((one) => one.id === id);
  const turns = known ? turnsOf(id) : null;
  if (!turns) {
    if (known) remove(id);
    say("That chat is no longer in this browser");
    return false;
  }
  leaving = known.key === keysShown().at(-1) ? "" : keysShown().at(-1) || "";
  current = expecting = id;
  seen.delete(id);
  document.body.classList.remove("aside-open");
  forgetTurn();
  draft();
  reopen({ records: turns, key: known.key || "" });
  if (known.pending) {
    const lost = known.pending;
    setTimeout(() => {
      if (current !== id || arrived(lost) || document.querySelector("#live article")) return;
      entry(id, { pending: undefined });
      putBack(lost, "The answer was not finished. Your question is in the box again.");
    }, 4000);
  }
  redraw();
  changed();
  return true;
}

function remove(id) {
  store.set(CHAT(id), null);
  store.set(DRAFT(id), null);
  store.set(INDEX, JSON.stringify(index().filter((one) => one.id !== id)));
}

function forget(id) {
  const was = index().find((one) => one.id === id);
  const text = store.get(CHAT(id));
  remove(id);
  if (id === current) at("new-chat")?.click();
  redraw();
  say("Chat deleted", () => {
    if (text) store.set(CHAT(id), text);
    const list = index();
    list.push(was);
    store.set(INDEX, JSON.stringify(list.sort((a, b) => b.at - a.at)));
    redraw();
  });
}

export function begin() {
  leaving = keysShown().at(-1) || "";
  current = expecting = null;
  document.body.classList.remove("aside-open");
  closeSources();
  forgetTurn();
  draft();
  redraw();
  changed();
  questionBox()?.focus();
}

// -- the list ----------------------------------------------------------------------------------------------------------------------
const DAY = 86400000;

function ageOf(one) {
  if (one.pin) return "Pinned";
  const today = new Date().setHours(0, 0, 0, 0);
  if (one.at >= today) return "Today";
  if (one.at >= today - DAY) return "Yesterday";
  if (one.at >= today - 6 * DAY) return "Last seven days";
  return new Date(one.at).toLocaleDateString("en", { month: "long", year: "numeric" });
}

function holds(one, words) {
  const text = (one.title + " " + (one.name || "") + " " + (store.get(CHAT(one.id)) || "")).toLowerCase();
  return words.every((word) => text.includes(word));
}

function rename(one, row) {
  const box = make("input", { type: "text", value: one.name || one.title, "aria-label": "New name of the chat", maxlength: 120 });
  renaming = true;
  const done = (take) => {
    if (!renaming) return;
    renaming = false;
    if (take && box.value.trim()) entry(one.id, { name: box.value.trim() });
    redraw();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") done(true);
    if (event.key === "Escape") done(false);
    event.stopPropagation();
  });
  box.addEventListener("blur", () => done(true));
  row.replaceChildren(box);
  box.select();
}

function row(one) {
  const title = one.name || one.title;
  const now = one.id === current;
  const day = new Date(one.at);
  const item = (text, act, label) => make("button", { type: "button", onclick: act, "aria-label": label || null }, text);
  const out = (name, kind) => item("Export as " + name, () => download("page/export-chat?format=" + kind, store.get(CHAT(one.id)) || "[]"), `Export chat as ${name}: ${title}`);
  const menu = make(
    "details",
    { class: "menu side" },
    make("summary", { "aria-label": "More for chat: " + title }, "⋯"),
    make(
      "div",
      {},
      item("Rename", () => rename(one, line), "Rename chat: " + title),
      item(one.pin ? "Unpin" : "Pin", () => (entry(one.id, { pin: !one.pin }), redraw()), (one.pin ? "Unpin" : "Pin") + " chat: " + title),
      out("Markdown", "markdown"),
      out("HTML", "html"),
      out("BibTeX", "bibtex"),
      item("Delete", () => forget(one.id), "Delete chat: " + title),
    ),
  );
  const link = make(
    "a",
    {
      href: "#/chat/" + one.id,
      class: "open",
      role: "button",
      title: `${title}\n${day.toLocaleString("en", { dateStyle: "long", timeStyle: "short" })}`,
      "aria-current": now ? "true" : null,
      onclick: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        open(one.id);
      },
    },
    title,
  );
  const line = make("li", now ? { class: "now" } : {}, link, menu);
  return line;
}

export function chats(element, trigger) {
  reopen = (data) => trigger("select", data);
  const box = make("input", { type: "search", class: "find", placeholder: "Search chats", "aria-label": "Search chats", oninput: () => draw() });
  const place = make("div");
  const draw = () => {
    if (renaming) return;
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = index();
    const found = words.length ? all.filter((one) => holds(one, words)) : all;
    found.sort((a, b) => Boolean(b.pin) - Boolean(a.pin) || b.at - a.at);
    const groups = [];
    for (const one of found) {
      const age = ageOf(one);
      if (groups.at(-1)?.age !== age) groups.push({ age, rows: [] });
      groups.at(-1).rows.push(row(one));
    }
    box.hidden = all.length < 4;
    place.replaceChildren(
      ...groups.flatMap((group) => [make("h3", {}, group.age), make("ul", { class: "chats" }, ...group.rows)]),
      ...(groups.length ? [] : [make("p", { class: "hint" }, words.length ? "No chat holds these words." : "Chats are kept in this browser only.")]),
    );
  };
  redraw = draw;
  element.replaceChildren(make("h2", {}, "Chats"), box, place);
  draw();
  window.addEventListener("storage", (event) => {
    if (event.key === INDEX) draw();
    if (!current || event.key !== CHAT(current)) return;
    const shown = seen.get(current) || new Set();
    const turns = turnsOf(current) || [];
    if (turns.some((turn) => !shown.has(nameOf(turn)))) {
      expecting = current;
      reopen({ records: turns, key: index().find((one) => one.id === current)?.key || "", sync: true });
    }
  });
}
