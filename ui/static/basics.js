/* Small things that all parts of the page use. */

export const at = (id) => document.getElementById(id);
export const narrowScreen = () => window.matchMedia("(max-width: 1100px)").matches;
export const smooth = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

export function make(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/* A line at the foot of the page; with `undo`, a button that takes back what it tells of, for ten seconds. */
export function say(text, undo) {
  let place = at("fn-said");
  if (!place) {
    place = make("div", { id: "fn-said", role: "status", "aria-live": "polite" });
    document.body.append(place);
  }
  const back = undo && make("button", { type: "button", onclick: () => (place.classList.remove("shown"), undo()) }, "Undo");
  place.replaceChildren(text, ...(back ? [back] : []));
  place.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.classList.remove("shown"), undo ? 10000 : 2500);
}

export async function copy(text, html) {
  try {
    if (html && window.ClipboardItem) {
      const kinds = { "text/plain": new Blob([text], { type: "text/plain" }), "text/html": new Blob([html], { type: "text/html" }) };
      await navigator.clipboard.write([new ClipboardItem(kinds)]);
    } else await navigator.clipboard.writeText(text);
  } catch {
    const box = make("textarea", { "aria-hidden": "true", style: "position:fixed;opacity:0" });
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  say("Copied");
}

export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/* A file that the server makes of what is sent. */
export async function download(path, body) {
  const reply = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!reply.ok) return say("The export failed");
  const name = /filename="([^"]+)"/.exec(reply.headers.get("Content-Disposition") || "");
  save(await reply.blob(), name ? name[1] : "answer.txt");
}

/* What the browser keeps; a browser that keeps nothing is no reason to stop. */
export const store = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null || value === "") localStorage.removeItem(key);
      else localStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  },
};

/* Fill a box of Gradio's as if it had been typed. */
export function type(box, text) {
  if (!box || box.value === text) return;
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, text);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Call once an element is there: parts of the page come to life in no order. */
export function whenThere(find, call) {
  const found = find();
  if (found) return call(found);
  const watcher = new MutationObserver(() => {
    const now = find();
    if (!now) return;
    watcher.disconnect();
    call(now);
  });
  watcher.observe(document.documentElement, { childList: true, subtree: true });
}

export const questionBox = () => at("question")?.querySelector("textarea, input");
