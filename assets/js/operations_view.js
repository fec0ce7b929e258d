// Backups and restores, the newest first.
import * as api from "./api.js";
import { el, keyed, setAttribute, setText } from "./dom.js";
import { problemText } from "./notices.js";
import { operationCard } from "./operation_card.js";
import { remember, state } from "./store.js";
import { isActive } from "./words.js";

const filters = {
  All: () => true,
  Running: isActive,
  Failed: (each) => each.phase === "Failed" || each.phase === "Incomplete" || Boolean(each.leftovers),
  Backups: (each) => each.kind === "backup",
  Restores: (each) => each.kind !== "backup",
};

export function operationsView() {
  const view = { chosen: "", open: new Map() };
  let filter = "All";
  let focused = "";
  const list = el("ul", { class: "operations" });
  const empty = el("p", { class: "empty" });
  const trouble = el("p", { class: "box bad", hidden: true });
  const choose = (name) => () => {
    filter = name;
    update();
  };
  const buttons = Object.fromEntries(Object.keys(filters).map((name) => [name, el("button", { class: "button", type: "button", onclick: choose(name) }, name)]));
  const node = el("section", { "aria-labelledby": "operations-title" },
    el("div", { class: "view-head" }, el("h1", { id: "operations-title" }, "Operations")),
    el("div", { class: "filters", role: "group", "aria-label": "Show only" }, ...Object.values(buttons)), trouble, list, empty);

  function update() {
    for (const [name, button] of Object.entries(buttons)) {
      setAttribute(button, "aria-pressed", String(name === filter));
      const count = state.operations.filter(filters[name]).length;
      setText(button, name === "All" ? name : `${name} ${count}`);
    }
    const shown = state.operations.filter(filters[filter]);
    keyed(list, shown, (each) => each.id, (each) => operationCard(each, view, update));
    setText(empty, shown.length > 0 ? "" : state.operations.length > 0 ? "None of these." : state.inventory ? "Nothing was backed up or restored yet." : "Reading…");
    if (view.chosen && focused !== view.chosen && list.keyed?.has(view.chosen)) {
      focused = view.chosen;
      list.keyed.get(view.chosen).focus();
    }
  }

  /** Shows one, reading it where the list does not hold it (an old one, or one that was started a moment ago). */
  async function show(id) {
    view.chosen = id;
    focused = "";
    trouble.hidden = true;
    if (id) filter = "All";
    update();
    if (!id || state.operations.some((each) => each.id === id)) return;
    try {
      remember(await api.operation(id));
    } catch (problem) {
      trouble.hidden = false;
      trouble.replaceChildren(...problemText(problem));
    }
  }
  return { node, update, show };
}
