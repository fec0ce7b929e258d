// What opens below a claim: its facts and its backups.
import * as api from "./api.js";
import { el, redraw } from "./dom.js";
import { icon } from "./icons.js";
import { problemText } from "./notices.js";
import { restore } from "./actions.js";
import { ago, agoNode, backupStates, bytes, sentence } from "./words.js";

const fact = (name, value) => value && el("div", {}, el("dt", {}, name), el("dd", { class: "mono" }, value));

function facts(claim, list) {
  return el("dl", { class: "facts" }, fact("Volume", claim.volume), fact("Storage class", claim.storage_class),
    fact("Capacity", claim.capacity), fact("Driver", claim.driver),
    fact("Size of the last backup", claim.last_backup_size_bytes !== undefined && bytes(claim.last_backup_size_bytes)),
    fact("Backups of", list && list.volume !== claim.volume && list.volume));
}

function stateTag(backup) {
  const known = backupStates[backup.state] ?? backupStates.unknown;
  const percent = backup.state === "running" && backup.progress_percent !== undefined ? ` ${backup.progress_percent} %` : "";
  return el("span", { class: `tag ${known.tone}` }, icon(known.icon, backup.state === "running" ? "spin" : ""), known.word + percent);
}

function backupRow(claim, list, backup) {
  const restoreIt = () => restore(claim, list, backup.name);
  return el("tr", {},
    el("td", {}, stateTag(backup), backup.latest && el("span", { class: "pill" }, "latest")),
    el("td", {}, backup.created_at ? agoNode(backup.created_at) : "—"),
    el("td", { class: "amount number" }, backup.size_bytes !== undefined ? bytes(backup.size_bytes) : "—"),
    el("td", {}, backup.mode ?? ""),
    el("td", { class: "mono" }, backup.snapshot ?? backup.name, backup.error && el("div", { class: "why" }, backup.error)),
    el("td", { class: "acts" }, backup.restorable &&
      el("button", { class: "button quiet", type: "button", onclick: restoreIt, "aria-label": `Restore the backup ${backup.snapshot ?? backup.name}` }, "Restore…")));
}

const shownAtFirst = 8;

function backupTable(claim, list, all, showAll) {
  if (list.backups.length === 0) return el("p", { class: "soft small" }, "No backups yet.");
  const shown = all ? list.backups : list.backups.slice(0, shownAtFirst);
  const table = el("table", { class: "backups" },
    el("thead", {}, el("tr", {}, ...["State", "Data from", "Size", "Mode", "Name"].map((name) =>
      el("th", { scope: "col", class: name === "Size" ? "amount" : null }, name)), el("th", { scope: "col" }, el("span", { class: "unseen" }, "Actions")))),
    el("tbody", {}, ...shown.map((each) => backupRow(claim, list, each))));
  return el("div", { class: "scroll" }, table, shown.length < list.backups.length &&
    el("button", { class: "button quiet", type: "button", onclick: showAll }, `Show all ${list.backups.length}`));
}

/** {node, update(claim)}: reads the backups when it opens and again when the claim's row or operation changes. */
export function claimPanel() {
  const node = el("div", { class: "inside" });
  let seen = "";
  let list = null;
  let problem = null;
  let claim = null;
  let all = false;
  const showAll = () => {
    all = true;
    draw();
  };

  // The ages are part of what is drawn, so that they move on.
  const draw = () =>
    redraw(node, [claim, list, all, problem?.message, list?.backups.map((each) => each.created_at && ago(each.created_at))], () => [
      facts(claim, list),
      claim.health_detail && el("p", { class: "box warn" }, sentence(claim.health_detail)),
      claim.deleted && el("p", { class: "box warn" }, "This claim is gone; its backups are still there."),
      el("h3", {}, "Backups"),
      problem && el("p", { class: "box bad" }, ...problemText(problem)),
      list ? backupTable(claim, list, all, showAll) : !problem && el("p", { class: "soft small" }, "Reading the backups…"),
    ]);
  const read = async () => {
    try {
      list = await api.backups(claim);
      problem = null;
    } catch (error) {
      problem = error;
    }
    draw();
  };
  return {
    node,
    /** `active`: the operation that runs on this claim. */
    update(current, active) {
      claim = current;
      const key = JSON.stringify([claim.last_backup_at, claim.backup_count, active?.id, active?.progress?.percent, problem && Date.now()]);
      if (key !== seen) {
        seen = key;
        read();
      }
      draw();
    },
  };
}
