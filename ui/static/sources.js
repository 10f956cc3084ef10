/* The cards of the cited papers: a number in an answer lights up its sentence; on a narrow screen they are a drawer. */
import { at, make, narrowScreen, smooth } from "./basics.js";

let back = null; // where the focus goes when the drawer closes
let shownTurn = "";

export function showTurn(turn) {
  const panel = at("panel");
  if (!panel) return;
  shownTurn = String(turn || shownTurn);
  const all = [...panel.querySelectorAll(".sources")];
  const wanted = all.find((one) => one.dataset.turn === shownTurn);
  for (const one of all) one.hidden = one !== wanted;
  at("sources")?.classList.toggle("filled", Boolean(wanted));
  const hint = at("sources")?.querySelector(".hint");
  if (hint)
    hint.textContent = shownTurn
      ? "This answer cites no paper."
      : "Press a number in an answer: the paper opens here, at the sentence that is cited.";
}

export function forgetTurn() {
  shownTurn = "";
  showTurn("");
}

export function openSources(turn, from) {
  back = from || back;
  if (narrowScreen() && !document.body.classList.contains("sources-open")) history.pushState({ drawer: true }, "");
  document.body.classList.add("sources-open");
  showTurn(turn);
}

export function closeSources(byBack) {
  if (!document.body.classList.contains("sources-open")) return;
  document.body.classList.remove("sources-open");
  if (!byBack && history.state?.drawer) history.back();
  if (back && back.isConnected) back.focus();
  back = null;
}

export function cite(link) {
  const { turn, n, s } = link.dataset;
  const card = document.getElementById("src-" + turn + "-" + n);
  if (!card) return;
  if (card.closest("#panel")) openSources(turn, link);
  for (const old of document.querySelectorAll(".card.now, mark.now, .cite.now")) old.classList.remove("now");
  card.classList.add("now");
  link.classList.add("now");
  const marks = [...card.querySelectorAll("mark")].filter((mark) => s === undefined || (mark.dataset.s || "").split(" ").includes(s));
  for (const mark of marks) {
    mark.classList.add("now");
    mark.closest("details:not([open])")?.setAttribute("open", "");
  }
  card.focus({ preventScroll: true });
  const target = marks[0] || card;
  // The panel may have become visible just now.
  requestAnimationFrame(() => {
    card.scrollIntoView({ block: "nearest" });
    target.scrollIntoView({ block: marks.length ? "center" : "start", behavior: smooth() });
  });
  hideQuote();
}

// -- the quote over a citation ---------------------------------------------------------------------------------------------------
export function showQuote(link) {
  if (!link.dataset.quote) return;
  let tip = at("fn-quote");
  if (!tip) {
    tip = make("div", { id: "fn-quote", role: "tooltip" }, make("strong"), make("span"));
    document.body.append(tip);
  }
  tip.firstChild.textContent = link.dataset.title;
  tip.lastChild.textContent = link.dataset.quote;
  tip.hidden = false;
  link.setAttribute("aria-describedby", "fn-quote");
  const box = link.getBoundingClientRect();
  const width = Math.min(360, window.innerWidth - 24);
  tip.style.width = width + "px";
  tip.style.left = Math.max(12, Math.min(box.left - 20, window.innerWidth - width - 12)) + "px";
  const above = box.top > tip.offsetHeight + 16;
  tip.style.top = (above ? box.top - tip.offsetHeight - 8 : box.bottom + 8) + "px";
}

export function hideQuote() {
  const tip = at("fn-quote");
  if (tip) tip.hidden = true;
  for (const link of document.querySelectorAll("[aria-describedby=fn-quote]")) link.removeAttribute("aria-describedby");
}

// -- the panel, and the papers chosen in it ---------------------------------------------------------------------------------------
export function panel(element, trigger, watch, delegate) {
  delegate(element, trigger);
  const chosen = new Set();
  const boxes = () => element.querySelectorAll("input[data-only]");
  element.addEventListener("change", (event) => {
    const id = event.target.dataset.only;
    if (!id) return;
    chosen[event.target.checked ? "add" : "delete"](id);
    for (const box of boxes()) box.checked = chosen.has(box.dataset.only);
    trigger("input", { chosen: [...chosen] });
  });
  const shown = () => {
    showTurn("");
    for (const box of boxes()) box.checked = chosen.has(box.dataset.only);
  };
  let narrowedBefore = false;
  const narrowed = () => {
    const now = Boolean(document.querySelector('#chips [data-field="only"]'));
    const over = narrowedBefore && !now;
    narrowedBefore = now;
    if (!over) return;
    chosen.clear();
    for (const box of boxes()) box.checked = false;
  };
  const chips = at("chips");
  if (chips) new MutationObserver(narrowed).observe(chips, { childList: true, subtree: true });
  watch("value", shown);
  shown();
}
