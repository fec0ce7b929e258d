// Every claim by namespace, and what needs attention first.
import { el, keyed, redraw, setAttribute, setText } from "./dom.js";
import { claimRow } from "./claim_row.js";
import { icon } from "./icons.js";
import { may } from "./permissions.js";
import { refresh, state } from "./store.js";
import { ago, healths, plural } from "./words.js";

const columns = [["Health"], ["Claim", "name"], ["Last backup", "medium"], ["Backups", "amount medium"], ["Capacity", "amount medium"],
  ["Class", "wide"], ["Driver", "wide"], ["Actions", "acts", true]];

const filters = {
  attention: { word: "Need attention", has: (claim) => Boolean(healths[claim.health_reason]?.attention) },
  all: { word: "All claims", has: () => true },
  ...Object.fromEntries(Object.keys(healths).map((reason) =>
    [reason, { word: healths[reason].word, tone: healths[reason].tone, has: (claim) => claim.health_reason === reason }])),
};

export function inventoryView() {
  let chosen = "all";
  const open = new Set();
  const summary = el("div", { class: "summary", role: "group", "aria-label": "Show only" });
  const search = el("input", { class: "input", type: "search", placeholder: "Find a namespace, claim, class or volume", "aria-label": "Find claims", oninput: () => update() });
  const gone = el("input", { type: "checkbox", onchange: () => { state.deleted = gone.checked; refresh(); } });
  const asOf = el("span", { class: "soft small" });
  const shown = el("span", { class: "soft small" });
  const empty = el("p", { class: "empty" });
  const head = el("tr", {}, ...columns.map(([name, kind, unseen]) =>
    el("th", { scope: "col", class: kind ?? null }, unseen ? el("span", { class: "unseen" }, name) : name)));
  const table = el("table", { class: "claims" }, el("caption", { class: "unseen" }, "Claims by namespace"), el("thead", {}, head));
  const body = el("section", { "aria-labelledby": "inventory-title" },
    el("div", { class: "view-head" }, el("h1", { id: "inventory-title" }, "Inventory"), asOf),
    summary, el("div", { class: "tools" }, el("div", { class: "search" }, search),
      el("label", { class: "check" }, gone, "Show claims that are gone"), shown), table, empty);

  const drawSummary = (claims) => keyed(summary, Object.keys(filters).filter((name) =>
    name === "attention" || name === "all" || name === chosen || claims.some(filters[name].has)), (name) => name, (name) => {
    const count = el("span", { class: "count" });
    const button = el("button", { type: "button", class: name, onclick: () => { chosen = chosen === name ? "all" : name; update(); } },
      count, el("span", { class: `tag ${filters[name].tone ?? ""}` }, icon(name), filters[name].word));
    return { nodes: [button], update() {
      const many = state.inventory.namespaces.flatMap((each) => each.pvcs).filter(filters[name].has).length;
      setText(count, String(many));
      button.classList.toggle("zero", many === 0);
      setAttribute(button, "aria-pressed", String(chosen === name));
    } };
  });

  const matches = (claim) => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = [claim.namespace, claim.pvc, claim.storage_class, claim.volume, claim.driver].join(" ").toLowerCase();
    return filters[chosen].has(claim) && words.every((word) => text.includes(word));
  };

  const group = () => {
    const title = el("th", { scope: "rowgroup", colspan: columns.length });
    const top = el("tr", { class: "group" }, title);
    const rows = el("tbody", {}, top);
    return { nodes: [rows], update(each) {
      const bad = each.all.filter(filters.attention.has).length;
      const readOnly = !may("back_up", each.name) && !may("restore", each.name);
      redraw(title, [each.name, each.all.length, bad, readOnly], () => [each.name, el("span", { class: "pill" }, plural(each.all.length, "claim")),
        bad > 0 && el("span", { class: "pill attention" }, `${bad} need${bad === 1 ? "s" : ""} attention`),
        readOnly && el("span", { class: "pill", title: "You may look at these claims, and neither back up nor restore here." }, "read only")]);
      keyed(rows, each.pvcs, (claim) => claim.pvc, (claim) => claimRow(claim, open, columns.length, update), top);
    } };
  };

  function update() {
    if (!state.inventory) {
      setText(empty, state.problem ? "" : "Reading the inventory…");
      table.hidden = summary.hidden = true;
      return;
    }
    const claims = state.inventory.namespaces.flatMap((each) => each.pvcs);
    const groups = state.inventory.namespaces.map((each) => ({ name: each.name, all: each.pvcs, pvcs: each.pvcs.filter(matches) }))
      .filter((each) => each.pvcs.length > 0);
    const count = groups.reduce((sum, each) => sum + each.pvcs.length, 0);
    summary.hidden = false;
    setText(asOf, state.live ? "" : `as of ${ago(state.inventory.generated_at)}`);
    setText(shown, count === claims.length ? "" : `${count} of ${plural(claims.length, "claim")}`);
    drawSummary(claims);
    keyed(table, groups, (each) => each.name, group, table.tHead);
    table.hidden = count === 0;
    setText(empty, count > 0 ? "" : claims.length === 0 ? (state.me?.authorization === "rbac" ? "There are no claims that you may see." : "There are no claims in this cluster.") : "No claim fits.");
  }
  return { node: body, update };
}
