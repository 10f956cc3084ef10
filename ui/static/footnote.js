/* What the page does in the browser: citations open their cards, chats are kept here, answers are copied and exported.
   The server sends finished, escaped HTML; nothing here turns text into markup. An ES module: each part of the page imports it and
   so runs only once it is there; by then the part may already show something, hence the first call of each watcher. */
import { at, copy, download, narrowScreen, questionBox, say, store, whenThere } from "./basics.js";
import { adding, whenArrived } from "./adding.js";
import * as chats from "./chats.js";
import * as papers from "./papers.js";
import * as routes from "./routes.js";
import { cite, closeSources, hideQuote, openSources, panel, showQuote } from "./sources.js";
import { live, talk } from "./talk.js";

// -- what the buttons do -----------------------------------------------------------------------------------------------------------
function answerText(turn) {
  const record = JSON.parse(at("turn-" + turn).dataset.record);
  const papers = Object.fromEntries(record.answer.papers.map((paper) => [paper.paper_id, paper]));
  const lines = record.answer.references.map((id, i) => "[" + (i + 1) + "] " + (papers[id] ? citationOf(papers[id]) : id));
  return record.answer.question + "\n\n" + record.answer.answer + (lines.length ? "\n\n" + lines.join("\n") : "") + "\n";
}

function citationOf(paper) {
  const who = paper.authors.join(", ") + (paper.authors_truncated ? " et al." : "");
  const year = paper.published ? " (" + paper.published.slice(0, 4) + ")" : "";
  return (who + year + (who || year ? ". " : "") + paper.title).trim() + (paper.url ? ". " + paper.url : "");
}

/* The text as it stands on the page and as rich text, with the numbers raised. */
async function copyAnswer(turn) {
  const reply = await fetch("page/export?format=html-part", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: at("turn-" + turn).dataset.record,
  }).catch(() => null);
  copy(answerText(turn), reply?.ok ? await reply.text() : "");
}

async function references(turn, style) {
  const reply = await fetch("page/references?style=" + encodeURIComponent(style), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: at("turn-" + turn).dataset.record,
  });
  if (!reply.ok) return say("The references could not be set");
  const { text, html } = await reply.json();
  copy(text, html);
}

function unfold(button) {
  const whole = button.closest(".abstract, .asked");
  whole.classList.add("whole");
  whole.setAttribute("tabindex", "-1");
  whole.focus({ preventScroll: true });
  button.remove();
}

function act(button) {
  const { turn, format, text, style, id } = button.dataset;
  switch (button.dataset.do) {
    case "sources":
      openSources(turn, button);
      document.getElementById("src-" + turn + "-1")?.focus();
      break;
    case "close":
      closeSources();
      break;
    case "copy":
      copyAnswer(turn);
      break;
    case "copy-text":
      copy(text);
      break;
    case "references":
      references(turn, style);
      break;
    case "export":
      download("page/export?format=" + encodeURIComponent(format), at("turn-" + turn).dataset.record);
      break;
    case "export-papers":
      download("page/export-papers?format=" + encodeURIComponent(format), JSON.stringify(papers.chosenNow()));
      break;
    case "link":
      routes.link("paper", id);
      break;
    case "tab":
      routes.press(text);
      break;
    case "unfold":
      unfold(button);
      break;
    case "theme":
      theme();
      break;
    case "aside":
      document.body.classList.toggle("aside-open");
      if (document.body.classList.contains("aside-open")) at("new-chat")?.focus();
      break;
  }
  button.closest("details.menu")?.removeAttribute("open");
}

function delegate(element, trigger) {
  element.addEventListener("click", (event) => {
    const link = event.target.closest("a.cite, a.chip");
    if (link) {
      event.preventDefault();
      return cite(link);
    }
    const button = event.target.closest("button");
    if (!button || !element.contains(button)) return;
    if (button.dataset.do) return act(button);
    if (button.dataset.event) {
      const { event: name, record, ...data } = button.dataset;
      trigger(name, data);
      button.closest("details.menu")?.removeAttribute("open");
      if (name === "like") say("Thank you. The answer is noted for whoever checks how good the answers are");
    }
  });
  element.addEventListener("mouseover", (event) => {
    const link = event.target.closest("a.cite");
    if (link) showQuote(link);
  });
  element.addEventListener("mouseout", (event) => event.target.closest("a.cite") && hideQuote());
  element.addEventListener("focusin", (event) => {
    const link = event.target.closest("a.cite");
    if (link && link.matches(":focus-visible")) showQuote(link);
  });
  element.addEventListener("focusout", hideQuote);
}

// -- owner, theme, keyboard --------------------------------------------------------------------------------------------------------
async function unlock(key) {
  const reply = await fetch("page/owner", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key }),
  });
  say(reply.ok ? "Unlocked for this browser" : reply.status === 429 ? await reply.text() : "That is not the owner's key");
  return reply.ok;
}

async function leave() {
  const reply = await fetch("page/sign-out", { method: "POST" });
  say(reply.ok ? "Signed out: the owner's key is asked for again" : "Signing out failed");
}

const dark = () => document.body.classList.contains("dark");

/* The report stands in a frame of its own, which is told. */
function paint() {
  for (const frame of document.querySelectorAll("iframe.report-frame")) {
    const wanted = new URL(frame.src, document.baseURI);
    if (wanted.searchParams.get("theme") === (dark() ? "dark" : "light")) continue;
    wanted.searchParams.set("theme", dark() ? "dark" : "light");
    frame.src = wanted.href;
  }
}

function theme() {
  document.body.classList.toggle("dark");
  store.set("footnote:theme", dark() ? "dark" : "light");
  paint();
}

function report(element, trigger, watch) {
  watch("value", paint);
  paint();
}

/* Who writes the answers, chosen under the box. */
function picker(element, trigger, watch) {
  element.addEventListener("change", (event) => {
    if (event.target.value !== "other") return trigger("select", { place: event.target.value });
    routes.press("model");
    event.target.value = event.target.querySelector("[selected]")?.value || "-1";
  });
  const shown = () => {
    const chosen = element.querySelector("option[selected]");
    if (chosen) chosen.selected = true;
  };
  watch("value", shown);
  shown();
}

function start() {
  const wanted = store.get("footnote:theme");
  if (wanted && !new URLSearchParams(location.search).has("__theme")) document.body.classList.toggle("dark", wanted === "dark");
  document.documentElement.lang = "en";
  whenThere(questionBox, chats.composer);
  routes.start();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    hideQuote();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    }
    closeSources();
    document.body.classList.remove("aside-open");
  }
  if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
    event.preventDefault();
    questionBox()?.focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
  if (!narrowScreen()) return;
  const { target } = event;
  if (document.body.classList.contains("aside-open") && !target.closest("#aside, [data-do=aside], .options")) document.body.classList.remove("aside-open");
  if (document.body.classList.contains("sources-open") && !target.closest("#sources, a.cite, a.chip, [data-do=sources]")) closeSources();
});

// -- menus open where there is room ------------------------------------------------------------------------------------------------
document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.menu") || !menu.open) return;
    const box = menu.getBoundingClientRect();
    const floor = (menu.closest("#scroll, #aside") || document.documentElement).getBoundingClientRect().bottom;
    menu.classList.toggle("up", floor - box.bottom < menu.lastElementChild.offsetHeight + 12);
  },
  true,
);

const whole = (part) => (element, trigger, watch) => part(element, trigger, watch, delegate);
window.Footnote = {
  delegate,
  talk: whole(talk),
  live: whole(live),
  panel: (element, trigger, watch) => {
    panel(element, trigger, watch, delegate);
    routes.opens((id) => trigger("select", { act: "open", id }));
  },
  chats: chats.chats,
  papers: whole(papers.papers),
  opened: whole(papers.opened),
  chart: whole(papers.chart),
  adding,
  whenArrived,
  picker,
  report,
  fresh: chats.begin,
  send: chats.send,
  next: chats.next,
  unlock,
  leave,
};
start();
