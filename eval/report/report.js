"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("questions");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const search = document.getElementById("search"), type = document.getElementById("type"), outcome = document.getElementById("outcome"), variant = document.getElementById("variant");
  const el = (tag, kind, text) => { const e = document.createElement(tag); if (kind) e.className = kind; if (text !== undefined && text !== null) e.textContent = text; return e; };
  const bad = new Set(["wrong", "wrongly refused", "answered, unanswerable", "error"]);

  document.getElementById("theme").addEventListener("click", () => {
    const now = document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  });

  function close(row) {
    const next = row.nextElementSibling;
    if (next && next.classList.contains("detail")) { next.remove(); row.querySelector("button").setAttribute("aria-expanded", "false"); return true; }
    return false;
  }
  function toggle(row) {
    if (close(row)) return;
    const line = el("tr", "detail"), cell = el("td");
    cell.colSpan = [...row.cells].filter(c => c.offsetParent !== null).length; // hidden columns of a narrow screen aside
    cell.append(detail(data.questions[row.dataset.id]));
    line.append(cell);
    row.after(line);
    row.querySelector("button").setAttribute("aria-expanded", "true");
    history.replaceState(null, "", "#" + row.dataset.id);
  }
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      close(row);
      const d = row.dataset, hay = row.textContent.toLowerCase();
      const ok = words.every(w => hay.includes(w)) && (!type.value || d.type === type.value) && (!variant.value || d.variant === variant.value) &&
        (!outcome.value || (outcome.value === "bad" ? bad.has(d.outcome) : d.outcome === outcome.value));
      row.hidden = !ok; shown += ok;
    }
    document.getElementById("shown").textContent = `${shown} of ${rows.length}`;
  }
  for (const control of [search, type, outcome, variant]) control.addEventListener("input", filter);
  for (const button of document.querySelectorAll("[data-pick]")) button.addEventListener("click", () => {
    type.value = button.dataset.pick; filter(); document.getElementById("browse").scrollIntoView({ behavior: "smooth" });
  });
  table.tHead.addEventListener("click", event => {
    const head = event.target.closest("th");
    if (!head) return;
    const down = head.getAttribute("aria-sort") === "ascending", at = head.cellIndex;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = row => { const c = row.cells[at], v = c.dataset.v; return v === undefined ? c.textContent.trim() : v === "" ? Infinity : Number(v); };
    rows.forEach(close);
    rows.sort((a, b) => { const x = key(a), y = key(b), order = typeof x === "number" ? x - y || 0 : x.localeCompare(y); return down ? -order : order; });
    body.append(...rows);
  });
  body.addEventListener("click", event => {
    if (getSelection().toString() || event.target.closest(".detail")) return;
    const row = event.target.closest("tr.q");
    if (row) toggle(row);
  });

  function title(q, id) { const p = data.papers[q.lib + "|" + id]; return p ? p.title : id; }
  function detail(q) {
    const all = el("div"), cols = el("div", "cols"), left = el("div"), right = el("div");
    const intro = [];
    if (q.hist.length) intro.push("Earlier: " + q.hist.join(" → "));
    if (q.alone) intro.push("Read as: " + q.alone);
    if (Object.keys(q.filters).length) intro.push("Filters: " + JSON.stringify(q.filters));
    if (!q.answerable) intro.push("Not answerable: " + q.reason.replaceAll("_", " "));
    if (q.inject) intro.push(`Planted in ${q.inject.p}: “${q.inject.t}”`);
    for (const text of intro) all.append(el("p", "quiet", text));
    left.append(el("h3", "", "Answer"));
    if (q.error) left.append(el("p", "said no", q.error));
    if (q.said && q.said.abstained) left.append(el("p", "said plain", q.said.text + (q.said.reason ? `  (${q.said.reason.replaceAll("_", " ")})` : "")));
    for (const s of q.statements) {
      const p = el("p", "said" + (s.ok === false ? " no" : ""), s.t + " ");
      for (const c of s.cites) {
        const b = el("button", "cite" + (c.ok ? "" : " bad"), c.f ? `[${c.f}: ${c.v}]` : `[${title(q, c.p).slice(0, 42)}]`);
        b.type = "button"; b.title = c.ok ? "valid citation" : "invalid citation";
        b.addEventListener("click", e => { e.stopPropagation(); const t = all.querySelector(`[data-paper="${CSS.escape(c.p)}"]`); if (t) t.scrollIntoView({ behavior: "smooth", block: "center" }); });
        p.append(b);
      }
      left.append(p);
    }
    for (const n of (q.said && q.said.notes) || []) left.append(el("p", "quiet", n));
    if (q.nuggets.length || q.forbidden.length) {
      left.append(el("h3", "", "Facts"));
      const ul = el("ul", "nuggets");
      for (const n of q.nuggets) {
        const li = el("li", n.pr, n.t + " ");
        li.append(el("small", "", [n.imp, n.stage, n.miss.length ? "missing: " + n.miss.join("; ") : ""].filter(Boolean).join(" · ")));
        ul.append(li);
      }
      for (const f of q.forbidden) { const li = el("li", "none", f + " "); li.append(el("small", "", "forbidden, and said")); ul.append(li); }
      left.append(ul);
    }
    if (q.ref) { left.append(el("h3", "", "Reference answer")); left.append(el("p", "", q.ref)); }
    left.append(el("h3", "", "Ranking"));
    const ol = el("ol", "ranked");
    for (const r of q.ranked) { const li = el("li", r.g > 0 ? "gold" : "", title(q, r.p) + " "); li.append(el("small", "quiet", r.sc)); ol.append(li); }
    left.append(ol);
    for (const id of q.missing_gold) left.append(el("p", "quiet", `Gold paper not in the library: ${id}`));
    left.append(el("p", "scores", Object.entries(q.scores).map(([k, v]) => `${k} ${v}`).join(" · ")));
    const cited = q.statements.flatMap(s => s.cites), gold = q.gold.flatMap(g => g.any);
    const ids = [...new Set([...cited.map(c => c.p), ...gold.map(g => g.p)])].slice(0, 8);
    right.append(el("h3", "", ids.length ? "Evidence" : "Nothing cited, nothing expected"));
    for (const id of ids) {
      const paper = data.papers[q.lib + "|" + id];
      if (!paper) { right.append(el("p", "quiet", id + " is not in the library")); continue; }
      const box = el("div", "abstract"); box.dataset.paper = id;
      const head = el("b", "", paper.title + " ");
      head.append(el("small", "", [gold.some(g => g.p === id) ? "gold" : "not gold", id, paper.published].filter(Boolean).join(" · ")));
      box.append(head, ...marked(paper.abstract, cited.filter(c => c.p === id && c.s !== null && c.s !== undefined), gold.filter(g => g.p === id && g.s !== null && g.s !== undefined)));
      right.append(box);
    }
    cols.append(left, right); all.append(cols);
    return all;
  }
  function marked(text, cites, gold) {
    const cuts = [...new Set([0, text.length, ...[...cites, ...gold].flatMap(c => [c.s, c.e])])].filter(n => n >= 0 && n <= text.length).sort((a, b) => a - b);
    const parts = [];
    for (let i = 0; i + 1 < cuts.length; i++) {
      const [a, b] = [cuts[i], cuts[i + 1]], piece = text.slice(a, b);
      const cite = cites.find(c => c.s <= a && b <= c.e), g = gold.some(x => x.s <= a && b <= x.e);
      let node = document.createTextNode(piece);
      if (g) { const m = el("mark", "gold"); m.append(node); node = m; }
      if (cite) { const m = el("mark", cite.ok ? "" : "bad"); m.append(node); node = m; }
      parts.push(node);
    }
    return parts;
  }
  filter();
  const wanted = decodeURIComponent(location.hash.slice(1));
  const target = rows.find(r => r.dataset.id === wanted);
  if (target) { toggle(target); target.scrollIntoView(); }
})();
