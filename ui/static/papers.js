/* The list of papers: what is ticked stays ticked on all its pages; a list that is another begins at its top. */
import * as routes from "./routes.js";

let listed = new Set();
export const chosenNow = () => [...listed];

export function papers(element, trigger, watch, delegate) {
  delegate(element, trigger);
  const chosen = new Set(); // on all pages of the list
  listed = chosen;
  let cleared = "0";
  let offset = "0";
  const tell = () => trigger("input", { chosen: [...chosen] });
  const boxes = () => element.querySelectorAll("input[type=checkbox][data-id]");
  const every = () => element.querySelector("input[data-every]");
  element.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset.every !== undefined) for (const one of boxes()) chosen[box.checked ? "add" : "delete"](one.dataset.id);
    else if (box.dataset.id) chosen[box.checked ? "add" : "delete"](box.dataset.id);
    else return;
    tick();
    tell();
  });
  const tick = () => {
    for (const box of boxes()) box.checked = chosen.has(box.dataset.id);
    if (every()) every().checked = boxes().length > 0 && [...boxes()].every((box) => box.checked);
  };
  const shown = () => {
    const list = element.querySelector("[data-cleared]");
    if (list && list.dataset.cleared !== cleared) {
      chosen.clear();
      for (const id of JSON.parse(list.dataset.chosen || "[]")) chosen.add(id);
    }
    if (list) cleared = list.dataset.cleared;
    if (list && list.dataset.offset !== offset) {
      offset = list.dataset.offset;
      element.closest(".tabitem")?.scrollTo({ top: 0 });
    }
    tick();
  };
  watch("value", shown);
  shown();
}

/* One paper, opened in the place of the list. */
export function opened(element, trigger, watch, delegate) {
  delegate(element, trigger);
  routes.closes(() => trigger("collapse", {}));
  const shown = () => {
    const paper = element.querySelector("[data-paper]");
    routes.shown(paper ? paper.dataset.paper : "");
    if (paper) element.closest(".tabitem")?.scrollTo({ top: 0 });
  };
  watch("value", shown);
  shown();
}

/* The timeline and the map: their marks are pressed like buttons. */
export function chart(element, trigger, watch, delegate) {
  delegate(element, trigger);
  const press = (event) => {
    const mark = event.target.closest("[data-pick]");
    if (!mark) return;
    const { pick, year, topic, id } = mark.dataset;
    trigger("select", { id: pick === "paper" ? id : "", year: pick === "year" ? year : "", topic: pick === "topic" ? topic : "" });
  };
  element.addEventListener("click", press);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    press(event);
  });
}
