/* Files on their way: adding waits until what was chosen has arrived, and a file that is too large is told before it sets out. */
import { at, say } from "./basics.js";

let onTheWay = 0;
const plain = window.fetch.bind(window);
window.fetch = async (given, options) => {
  const url = given instanceof Request ? given.url : String(given);
  if (!new URL(url, document.baseURI).pathname.endsWith("/gradio_api/upload")) return plain(given, options);
  onTheWay += 1;
  try {
    return await plain(given, options);
  } finally {
    setTimeout(() => (onTheWay -= 1), 150); // until then Gradio has shown it
  }
};

/* Press the button that adds, as soon as no file is on its way. */
export async function whenArrived() {
  if (onTheWay) say("The file is on its way");
  while (onTheWay) await new Promise((go) => setTimeout(go, 50));
  at("arrived")?.click();
}

function tooLarge(files) {
  const limit = Number(document.querySelector("#adding [data-limit]")?.dataset.limit || at("outcome")?.dataset.limit || 0);
  const size = [...files].reduce((sum, file) => sum + file.size, 0);
  if (!limit || size <= limit * 1e6) return false;
  const name = files.length === 1 ? files[0].name + " has" : "These files have";
  say(`${name} ${(size / 1e6).toFixed(1)} MB; at most ${limit} MB can be added at once`);
  return true;
}

/* Heard before Gradio hears it. */
export function adding(element) {
  const limit = element.querySelector("[data-limit]");
  if (limit) element.dataset.limit = limit.dataset.limit;
  document.addEventListener(
    "change",
    (event) => {
      if (!event.target.matches?.("#files input[type=file]") || !tooLarge(event.target.files)) return;
      event.stopImmediatePropagation();
      event.target.value = "";
    },
    true,
  );
  document.addEventListener(
    "drop",
    (event) => {
      if (!event.target.closest?.("#files") || !tooLarge(event.dataTransfer?.files || [])) return;
      event.stopImmediatePropagation();
      event.preventDefault();
    },
    true,
  );
}
