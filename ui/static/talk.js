/* The conversation: the newest question stays in view while its answer grows, until the reader scrolls. */
import { at, make, smooth } from "./basics.js";
import * as chats from "./chats.js";
import { closeSources, forgetTurn, showTurn } from "./sources.js";

let following = true;
let newest = ""; // the id of the newest turn, finished or not

const newestTurn = () => [...document.querySelectorAll("#transcript article.turn, #live article.turn")].at(-1);

/* The question at the top of the view, as far as what is below it reaches. */
function place() {
  const scroll = at("scroll");
  const turn = newestTurn();
  if (!scroll || !turn) return latest();
  if (turn.id !== newest) {
    newest = turn.id;
    following = true;
  }
  if (following) scroll.scrollTop += turn.getBoundingClientRect().top - scroll.getBoundingClientRect().top - 8;
  latest();
}

/* A way back to the newest answer, where it is out of sight. */
function latest() {
  const scroll = at("scroll");
  const turn = newestTurn();
  const button = at("latest");
  if (!scroll || !button) return;
  button.hidden = !turn || turn.getBoundingClientRect().top < scroll.getBoundingClientRect().bottom - 40;
}

function watchScroll() {
  const scroll = at("scroll");
  if (!scroll || scroll.dataset.watched) return;
  scroll.dataset.watched = "true";
  for (const event of ["wheel", "touchmove", "pointerdown"]) scroll.addEventListener(event, () => (following = false), { passive: true });
  scroll.addEventListener("keydown", (event) => {
    if (["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"].includes(event.key)) following = false;
  });
  scroll.addEventListener("scroll", latest, { passive: true });
  const button = make(
    "button",
    {
      id: "latest",
      type: "button",
      hidden: true,
      onclick: () => {
        following = true;
        newestTurn()?.scrollIntoView({ block: "start", behavior: smooth() });
      },
    },
    "↓ Latest answer",
  );
  at("composer")?.prepend(button);
  const grown = new ResizeObserver(place);
  for (const id of ["transcript", "live", "scroll"]) if (at(id)) grown.observe(at(id));
}

export function talk(element, trigger, watch, delegate) {
  element.setAttribute("role", "log");
  element.setAttribute("aria-label", "Conversation");
  element.setAttribute("aria-live", "off"); // the part under way is the one that speaks
  delegate(element, trigger);
  let before = 0;
  const shown = () => {
    watchScroll();
    const turns = element.querySelectorAll("article.turn").length;
    chats.keep(element);
    if (turns !== before && turns) showTurn(turns);
    if (!turns) {
      newest = "";
      closeSources();
      forgetTurn();
    }
    before = turns;
    place();
  };
  watch("value", shown);
  shown();
}

export function live(element, trigger, watch, delegate) {
  element.setAttribute("aria-live", "polite");
  element.setAttribute("aria-label", "Answer under way");
  element.setAttribute("role", "region");
  delegate(element, trigger);
  let turn = "";
  const shown = () => {
    watchScroll();
    const article = element.querySelector("article.turn");
    document.body.classList.toggle("answering", Boolean(element.querySelector("[aria-busy]")));
    if (article) chats.underWay(article);
    if (article && article.id !== turn) showTurn(article.dataset.turn);
    turn = article ? article.id : "";
    place();
  };
  watch("value", shown);
  shown();
}
