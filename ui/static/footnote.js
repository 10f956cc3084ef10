/* What the page does in the browser: citations open their cards, chats are kept here, answers are copied and exported.
   The server sends finished, escaped HTML; nothing here turns text into markup. An ES module: each part of the page imports it and
   so runs only once it is there; by then the part may already show something, hence the first call of each watcher. */
{
  const INDEX = "footnote:chats";
  const CHAT = (id) => "footnote:chat:" + id;
  const MOST_CHATS = 50;
  let current = null; // the id of the chat on the page
  let listed = () => {};
  let back = null; // where the focus goes when the sources close

  // -- small things --------------------------------------------------------------------------------------------------------------
  const at = (id) => document.getElementById(id);
  const narrowScreen = () => window.matchMedia("(max-width: 1100px)").matches;
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const smooth = () => (calm() ? "auto" : "smooth");

  function make(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "onclick") made.addEventListener("click", value);
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  function say(text) {
    let place = at("fn-said");
    if (!place) {
      place = make("div", { id: "fn-said", role: "status", "aria-live": "polite" });
      document.body.append(place);
    }
    place.textContent = text;
    place.classList.add("shown");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => place.classList.remove("shown"), 2500);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
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

  function records() {
    return [...document.querySelectorAll("#transcript [data-record]")].map((turn) => JSON.parse(turn.dataset.record));
  }

  // -- citations and cards -------------------------------------------------------------------------------------------------------
  function showTurn(turn) {
    const panel = at("panel");
    if (!panel) return;
    const all = [...panel.querySelectorAll(".sources")];
    const wanted = all.find((one) => one.dataset.turn === String(turn)) || all.at(-1);
    for (const one of all) one.hidden = one !== wanted;
    panel.dataset.turn = wanted ? wanted.dataset.turn : "";
    at("sources")?.classList.toggle("filled", Boolean(wanted));
  }

  function openSources(turn, from) {
    back = from || back;
    document.body.classList.add("sources-open");
    showTurn(turn);
  }

  function closeSources() {
    document.body.classList.remove("sources-open");
    if (back && back.isConnected) back.focus();
    back = null;
  }

  function cite(link) {
    const { turn, n, s } = link.dataset;
    const card = document.getElementById("src-" + turn + "-" + n);
    if (!card) return;
    if (card.closest("#panel")) openSources(turn, link);
    for (const old of document.querySelectorAll(".card.now, mark.now, .cite.now")) old.classList.remove("now");
    card.classList.add("now");
    link.classList.add("now");
    const marks = [...card.querySelectorAll("mark")].filter((mark) => (mark.dataset.s || "").split(" ").includes(s));
    for (const mark of marks) mark.classList.add("now");
    card.focus({ preventScroll: true });
    const target = marks[0] || card;
    // The panel may have become visible just now.
    requestAnimationFrame(() => {
      card.scrollIntoView({ block: "nearest" });
      target.scrollIntoView({ block: marks.length ? "center" : "start", behavior: smooth() });
    });
    hideQuote();
  }

  // -- the quote over a citation -------------------------------------------------------------------------------------------------
  function showQuote(link) {
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

  function hideQuote() {
    const tip = at("fn-quote");
    if (tip) tip.hidden = true;
    for (const link of document.querySelectorAll("[aria-describedby=fn-quote]")) link.removeAttribute("aria-describedby");
  }

  // -- what the buttons do -------------------------------------------------------------------------------------------------------
  function answerText(turn) {
    const article = at("turn-" + turn);
    const record = JSON.parse(article.dataset.record);
    const papers = Object.fromEntries(record.answer.papers.map((paper) => [paper.paper_id, paper]));
    const lines = record.answer.references.map((id, i) => "[" + (i + 1) + "] " + (papers[id] ? citationOf(papers[id]) : id));
    return record.answer.question + "\n\n" + record.answer.answer + (lines.length ? "\n\n" + lines.join("\n") : "") + "\n";
  }

  function citationOf(paper) {
    const who = paper.authors.join(", ") + (paper.authors_truncated ? " et al." : "");
    const year = paper.published ? " (" + paper.published.slice(0, 4) + ")" : "";
    return (who + year + (who || year ? ". " : "") + paper.title).trim() + (paper.url ? ". " + paper.url : "");
  }

  async function download(turn, format) {
    const record = at("turn-" + turn).dataset.record;
    const reply = await fetch("page/export?format=" + encodeURIComponent(format), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: record,
    });
    if (!reply.ok) return say("The export failed");
    const name = /filename="([^"]+)"/.exec(reply.headers.get("Content-Disposition") || "");
    save(await reply.blob(), name ? name[1] : "answer.txt");
  }

  function save(blob, name) {
    const url = URL.createObjectURL(blob);
    const link = make("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  function act(button) {
    const { turn, format, text } = button.dataset;
    switch (button.dataset.do) {
      case "sources":
        openSources(turn, button);
        document.getElementById("src-" + turn + "-1")?.focus();
        break;
      case "close":
        closeSources();
        break;
      case "copy":
        copy(answerText(turn));
        break;
      case "copy-text":
        copy(text);
        break;
      case "export":
        download(turn, format);
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
      const link = event.target.closest("a.cite");
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
        if (name === "like") say("Thank you: noted as a candidate for the gold questions");
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

  // -- the conversation ----------------------------------------------------------------------------------------------------------
  function toEnd(id) {
    const scroll = at("scroll");
    const turn = id && at(id);
    if (!scroll) return;
    if (turn) scroll.scrollTo({ top: turn.offsetTop - 12, behavior: smooth() });
  }

  function talk(element, trigger, watch) {
    element.setAttribute("role", "log");
    element.setAttribute("aria-label", "Conversation");
    element.setAttribute("aria-live", "off"); // the part under way is the one that speaks
    delegate(element, trigger);
    let before = 0;
    const changed = () => {
      const turns = element.querySelectorAll("article.turn").length;
      keep();
      if (turns !== before) showTurn(turns);
      if (!turns) closeSources();
      before = turns;
    };
    watch("value", changed);
    changed();
  }

  function live(element, trigger, watch) {
    element.setAttribute("aria-live", "polite");
    element.setAttribute("aria-label", "Answer under way");
    element.setAttribute("role", "region");
    delegate(element, trigger);
    let shown = "";
    watch("value", () => {
      const turn = element.querySelector("article.turn");
      document.body.classList.toggle("answering", Boolean(element.querySelector("[aria-busy]")));
      if (turn && turn.id !== shown) requestAnimationFrame(() => toEnd(turn.id));
      shown = turn ? turn.id : "";
    });
  }

  function panel(element, trigger, watch) {
    delegate(element, trigger);
    watch("value", () => showTurn(element.dataset.turn || ""));
    showTurn("");
  }

  // -- chats kept in this browser ------------------------------------------------------------------------------------------------
  function index() {
    try {
      const found = JSON.parse(localStorage.getItem(INDEX) || "[]");
      return Array.isArray(found) ? found.filter((one) => one && typeof one.id === "string") : [];
    } catch {
      return [];
    }
  }

  function write(list) {
    try {
      localStorage.setItem(INDEX, JSON.stringify(list));
      return true;
    } catch {
      return false;
    }
  }

  function keep() {
    const turns = records();
    if (!turns.length) return;
    current = current || Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
    const known = index();
    const old = known.find((one) => one.id === current);
    const title = turns[0].answer.question.slice(0, 120);
    const text = JSON.stringify(turns);
    let list = known.filter((one) => one.id !== current);
    try {
      if (localStorage.getItem(CHAT(current)) === text && old) return listed();
    } catch {
      return;
    }
    list.unshift({ id: current, title, at: Date.now() });
    for (const gone of list.splice(MOST_CHATS)) localStorage.removeItem(CHAT(gone.id));
    for (;;) {
      try {
        localStorage.setItem(CHAT(current), text);
        break;
      } catch {
        const oldest = list.length > 1 ? list.pop() : null; // full: the oldest chat makes room
        if (!oldest) return say("This chat is too long to be kept in the browser");
        localStorage.removeItem(CHAT(oldest.id));
      }
    }
    write(list);
    listed();
  }

  function forget(id) {
    localStorage.removeItem(CHAT(id));
    write(index().filter((one) => one.id !== id));
    if (id === current) current = null;
    listed();
  }

  function chats(element, trigger) {
    listed = () => {
      const found = index();
      const rows = found.map((one) =>
        make(
          "li",
          one.id === current ? { class: "now" } : {},
          make("button", { type: "button", class: "open", title: one.title, ...(one.id === current ? { "aria-current": "true" } : {}), onclick: () => open(one.id) }, one.title),
          make("button", { type: "button", class: "forget", "aria-label": "Delete chat: " + one.title, onclick: () => forget(one.id) }, "×"),
        ),
      );
      element.replaceChildren(
        make("h2", {}, "Saved chats"),
        found.length ? make("ul", { class: "chats" }, ...rows) : make("p", { class: "hint" }, "Chats are kept in this browser only."),
      );
    };
    const open = (id) => {
      let turns;
      try {
        turns = JSON.parse(localStorage.getItem(CHAT(id)) || "null");
      } catch {
        turns = null;
      }
      if (!Array.isArray(turns)) {
        forget(id);
        return say("That chat is no longer there");
      }
      current = id;
      document.body.classList.remove("aside-open");
      trigger("select", { records: turns });
      listed();
    };
    listed();
    window.addEventListener("storage", (event) => event.key === INDEX && listed());
  }

  function fresh() {
    current = null;
    document.body.classList.remove("aside-open");
    closeSources();
    listed();
    at("question")?.querySelector("textarea, input")?.focus();
  }

  // -- the list of papers --------------------------------------------------------------------------------------------------------
  function papers(element, trigger, watch) {
    delegate(element, trigger);
    const chosen = new Set(); // on all pages of the list
    let cleared = "0";
    element.addEventListener("change", (event) => {
      const box = event.target;
      if (!box.dataset.id) return;
      chosen[box.checked ? "add" : "delete"](box.dataset.id);
      trigger("input", { chosen: [...chosen] });
    });
    const shown = () => {
      const list = element.querySelector("[data-cleared]");
      if (list && list.dataset.cleared !== cleared) chosen.clear();
      if (list) cleared = list.dataset.cleared;
      for (const box of element.querySelectorAll("input[type=checkbox][data-id]")) box.checked = chosen.has(box.dataset.id);
    };
    watch("value", shown);
    shown();
  }

  // -- owner, theme, keyboard ----------------------------------------------------------------------------------------------------
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

  function theme() {
    const dark = document.body.classList.toggle("dark");
    try {
      localStorage.setItem("footnote:theme", dark ? "dark" : "light");
    } catch {
      /* it lasts until the page is closed */
    }
  }

  function start() {
    try {
      const wanted = localStorage.getItem("footnote:theme");
      if (wanted && !new URLSearchParams(location.search).has("__theme")) document.body.classList.toggle("dark", wanted === "dark");
    } catch {
      /* no storage: the system's theme */
    }
    document.documentElement.lang = "en";
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      hideQuote();
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.removeAttribute("open");
        menu.querySelector("summary").focus();
      }
      if (document.body.classList.contains("sources-open")) closeSources();
      document.body.classList.remove("aside-open");
    }
    if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
      event.preventDefault();
      at("question")?.querySelector("textarea, input")?.focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
    if (document.body.classList.contains("aside-open") && narrowScreen() && !event.target.closest("#aside, [data-do=aside], .options"))
      document.body.classList.remove("aside-open");
  });

  // -- menus open where there is room --------------------------------------------------------------------------------------------
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.("details.menu") || !menu.open) return;
      const box = menu.getBoundingClientRect();
      const floor = (at("scroll") || document.documentElement).getBoundingClientRect().bottom;
      menu.classList.toggle("up", floor - box.bottom < menu.lastElementChild.offsetHeight + 12);
    },
    true,
  );

  start();
  window.Footnote = { delegate, talk, live, panel, chats, papers, fresh, unlock, leave };
}
