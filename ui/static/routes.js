/* Addresses: every chat, paper and tab has one, behind the #. Back, reload and a link within the same browser lead there. */
import { at, say, whenThere } from "./basics.js";
import * as chats from "./chats.js";
import { closeSources } from "./sources.js";

const TABS = { Ask: "", Library: "library", "Add papers": "add", Model: "model", Evaluation: "evaluation" };
let paper = ""; // the id of the paper that is open in the library
let openPaper = null;
let closePaper = () => {};
let going = 0; // until then what happens is an address's doing

const tabs = () => [...document.querySelectorAll('#tabs > .tab-wrapper button[role="tab"]')];
const nameOf = (tab) => TABS[tab.textContent.trim()];
const shownTab = () => nameOf(tabs().find((tab) => tab.getAttribute("aria-selected") === "true") || { textContent: "Ask" });

export function press(name) {
  const tab = tabs().find((one) => nameOf(one) === name);
  if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
}

function address() {
  const tab = shownTab();
  if (tab === "") return chats.chatNow() ? "#/chat/" + chats.chatNow() : "#/";
  return tab === "library" && paper ? "#/paper/" + encodeURIComponent(paper) : "#/" + tab;
}

/* Something else is shown: the address follows. */
function follow() {
  const now = address();
  const was = location.hash || "#/";
  if (now === was || performance.now() < going) return;
  history.pushState({}, "", location.pathname + location.search + now);
}

function go() {
  const [kind, ...rest] = (location.hash || "#/").slice(2).split("/");
  const id = decodeURIComponent(rest.join("/"));
  going = performance.now() + 1500;
  if (kind === "chat") {
    press("");
    if (id !== chats.chatNow() && !chats.open(id)) history.replaceState({}, "", "#/");
  } else if (kind === "paper") {
    if (id !== paper && openPaper) openPaper(id);
    press("library");
  } else if (Object.values(TABS).includes(kind)) {
    press(kind);
    if (kind === "" && chats.chatNow()) at("new-chat")?.click();
    if (kind === "library" && paper) closePaper();
  }
  setTimeout(() => (going = 0), 300);
}

/* A paper was opened in the library, or closed. */
export function shown(id) {
  paper = id;
  follow();
}

export function start() {
  chats.onChange(follow);
  window.addEventListener("popstate", () => {
    closeSources(true);
    go();
  });
  whenThere(
    () => tabs().length && at("question")?.querySelector("textarea, input") && document.querySelector("#chats h2") && openPaper,
    () => {
      const list = tabs()[0].parentElement;
      new MutationObserver(follow).observe(list, { attributes: true, attributeFilter: ["aria-selected"], subtree: true });
      if (location.hash.length > 2) go();
    },
  );
}

/* How a paper is opened from an address. */
export function opens(call) {
  openPaper = call;
}

export function closes(call) {
  closePaper = call;
}

export function link(kind, id) {
  const url = location.origin + location.pathname + "#/" + kind + "/" + encodeURIComponent(id);
  navigator.clipboard?.writeText(url).then(() => say("Link copied"));
}
