// One claim in the inventory's table, with what opens below it.
import { backUp, restore } from "./actions.js";
import { claimPanel } from "./claim_panel.js";
import { el, redraw, setAttribute } from "./dom.js";
import { icon } from "./icons.js";
import { may } from "./permissions.js";
import { activeFor } from "./store.js";
import { ago, agoNode, driverName, healths, healthTag } from "./words.js";

/** By those drivers that serve it. */
const canBackUp = (claim) => !claim.deleted && Object.keys(claim.drivers ?? {}).length > 0;

/** Progress of what runs on this claim. */
function busy(active) {
  const percent = active.progress?.percent;
  const word = active.kind === "backup" ? "Backing up" : "Restoring";
  return el("a", { class: "busy-cell secondary", href: `#/operations/${active.id}` },
    active.phase === "Queued" ? "Queued" : percent === undefined ? `${word}…` : `${word}, ${percent} %`,
    el("progress", { max: 100, ...(percent === undefined ? {} : { value: percent }), "aria-label": `${word} ${active.pvc}` }));
}

/**
 * @param {Set<string>} open which claims are open, by "namespace/name"
 * @param {Function} changed called when this one was opened or closed
 */
export function claimRow(first, open, width, changed) {
  const key = `${first.namespace}/${first.pvc}`;
  const panelId = `claim-${key.replaceAll(/[^a-z0-9]/g, "_")}-${first.volume}`;
  let claim = first;
  let panel = null;
  let starting = false;
  const toggle = () => {
    open.has(key) ? open.delete(key) : open.add(key);
    changed();
  };
  const name = el("button", { class: "plain claim", type: "button", "aria-controls": panelId, onclick: toggle }, icon("chevron"), el("span", {}, first.pvc));
  const under = el("div", { class: "under" }); // what the columns say, where there is no room for them
  const cells = { health: el("td", {}), last: el("td", { class: "secondary medium" }), count: el("td", { class: "amount medium" }),
    capacity: el("td", { class: "amount medium secondary" }), storage: el("td", { class: "wide secondary" }),
    driver: el("td", { class: "wide secondary" }), acts: el("td", { class: "acts" }) };
  const row = el("tr", { class: "row" }, cells.health, el("th", { scope: "row", class: "name" }, name, under), cells.last, cells.count,
    cells.capacity, cells.storage, cells.driver, cells.acts);
  const holder = el("td", { colspan: width });
  const below = el("tr", { class: "panel", id: panelId, hidden: true }, holder);

  const start = async () => {
    starting = true;
    changed();
    await backUp(claim);
    starting = false;
    changed();
  };
  // Somebody who may restore elsewhere only picks the namespace in the dialog, which says what is refused.
  const buttons = (active, allowed) => [
    canBackUp(claim) && el("button", { class: "button quiet", type: "button", disabled: !allowed || starting || active?.kind === "backup",
      title: allowed ? null : `You may not back up in the namespace ${claim.namespace}.`,
      onclick: start, "aria-label": `Back up ${key} now` }, Object.keys(claim.drivers).length > 1 ? "Back up…" : "Back up"),
    claim.backup_count > 0 && el("button", { class: "button quiet", type: "button", onclick: () => restore(claim), "aria-label": `Restore ${key}` }, "Restore…"),
  ];

  function update(current) {
    claim = current;
    const active = activeFor(claim);
    redraw(cells.health, [claim.health_reason, claim.deleted], () => [healthTag(claim.health_reason), claim.deleted && el("span", { class: "pill" }, "gone")]);
    redraw(cells.last, [claim.last_backup_at && ago(claim.last_backup_at), active?.phase, active?.progress?.percent],
      () => (active ? busy(active) : claim.last_backup_at ? agoNode(claim.last_backup_at) : "—"));
    redraw(under, [claim.health_reason, claim.last_backup_at && ago(claim.last_backup_at), active?.phase, active?.progress?.percent], () =>
      active ? busy(active) : [healths[claim.health_reason]?.word ?? claim.health_reason, claim.last_backup_at && `, ${ago(claim.last_backup_at)}`]);
    redraw(cells.count, claim.backup_count, () => String(claim.backup_count));
    redraw(cells.capacity, claim.capacity, () => claim.capacity);
    redraw(cells.storage, claim.storage_class, () => claim.storage_class);
    redraw(cells.driver, claim.driver, () => driverName(claim.driver));
    // Kept while nothing changes, so that focus stays.
    const allowed = may("back_up", claim.namespace);
    redraw(cells.acts, [starting, active?.kind, Object.keys(claim.drivers ?? {}), canBackUp(claim), claim.backup_count > 0, allowed], () => buttons(active, allowed));
    const isOpen = open.has(key);
    setAttribute(name, "aria-expanded", String(isOpen));
    row.classList.toggle("open", isOpen);
    below.hidden = !isOpen;
    if (!isOpen) return;
    if (!panel) holder.append((panel = claimPanel()).node);
    panel.update(claim, active);
  }
  return { nodes: [row, below], update };
}
