// What opens below a claim: its facts and its backups.
import * as api from "./api.js";
import { el, redraw } from "./dom.js";
import { icon } from "./icons.js";
import { problemText } from "./notices.js";
import { restore, testRestore } from "./actions.js";
import { may } from "./permissions.js";
import { state } from "./store.js";
import { ago, agoNode, backupStates, bytes, driverName, healths, isActive, plural, sentence, span } from "./words.js";

const fact = (name, value) => value && el("div", {}, el("dt", {}, name), el("dd", { class: "mono" }, value));

/** One driver by its name; several each with what it has. */
function driverFacts(claim) {
  const drivers = Object.entries(claim.drivers ?? {});
  if (drivers.length < 2) return [fact("Driver", driverName(drivers[0]?.[0] ?? claim.driver))];
  return drivers.map(([name, row]) => fact(driverName(name),
    row.last_backup_at ? `${plural(row.backup_count, "backup")}, ${ago(row.last_backup_at)}` : healths[row.health_reason]?.word ?? row.health_reason));
}

/** The newest restore test of this claim that is on record. */
const lastTest = (claim) =>
  state.operations.find((each) => each.kind === "restore_test" && each.namespace === claim.namespace && each.pvc === claim.pvc);

/** What the step that is under way says of itself. */
const waitsFor = (operation) => operation.steps.find((each) => each.state === "running")?.message;

function verdict(claim, test) {
  const link = (text) => el("a", { href: `#/operations/${test.id}` }, text);
  if (test && isActive(test)) {
    const percent = test.progress?.percent;
    return [el("span", { class: "tag busy" }, icon("running", "spin"), percent === undefined ? "Testing" : `Testing, ${percent} %`),
      waitsFor(test) && el("span", { class: "soft" }, sentence(waitsFor(test))), link("Show it")];
  }
  if (test?.phase === "Failed")
    return [el("span", { class: "tag bad" }, icon("failed"), "The last test failed"), el("span", { class: "soft" }, sentence(test.error?.detail ?? test.message ?? "")), link("Show it")];
  if (claim.restore_verified_at)
    return [el("span", { class: "tag good" }, icon("done"), "Proved"), el("span", { class: "soft" }, "Restored, read again and compared ",
      agoNode(claim.restore_verified_at), claim.restore_verified_seconds !== undefined && `, in ${span(claim.restore_verified_seconds * 1000)}.`)];
  return [el("span", { class: "tag calm" }, icon("unknown"), "Never tested"), el("span", { class: "soft" }, "A test restores the latest backup, reads it again and leaves nothing behind.")];
}

/** Only restic's backups can be tried without a claim to restore into. */
function restoreTest(claim, test) {
  if (!claim.drivers?.restic?.backup_count) return null;
  const allowed = may("restore", claim.namespace);
  return el("div", { class: "proof" }, el("h3", {}, "Restore test"), el("div", { class: "verdict", role: "status" }, ...verdict(claim, test)),
    el("button", { class: "button quiet", type: "button", disabled: !allowed || (test && isActive(test)), onclick: () => testRestore(claim),
      title: allowed ? null : `You may not restore in the namespace ${claim.namespace}.`, "aria-label": `Test a restore of ${claim.namespace}/${claim.pvc}` }, "Test a restore"));
}

function facts(claim, list) {
  return el("dl", { class: "facts" }, fact("Volume", claim.volume), fact("Storage class", claim.storage_class),
    fact("Capacity", claim.capacity), ...driverFacts(claim),
    fact("Size of the last backup", claim.last_backup_size_bytes !== undefined && bytes(claim.last_backup_size_bytes)),
    fact("Backups of", list && list.volume !== claim.volume && list.volume));
}

function stateTag(backup) {
  const known = backupStates[backup.state] ?? backupStates.unknown;
  const percent = backup.state === "running" && backup.progress_percent !== undefined ? ` ${backup.progress_percent} %` : "";
  return el("span", { class: `tag ${known.tone}` }, icon(known.icon, backup.state === "running" ? "spin" : ""), known.word + percent);
}

const several = (list) => new Set(list.backups.map((each) => each.driver)).size > 1;

/** restic's ids are 64 digits; eight of them are what restic itself shows. */
const shortName = (backup) => (backup.driver === "restic" ? backup.name.slice(0, 8) : backup.name);

const columns = (list) => ["State", "Data from", "Size", several(list) && "Driver", list.backups.some((each) => each.mode) && "Mode", "Name"].filter(Boolean);

function backupRow(claim, list, backup) {
  const restoreIt = () => restore(claim, list, backup.name);
  return el("tr", {},
    el("td", {}, stateTag(backup), backup.latest && el("span", { class: "pill" }, "latest")),
    el("td", {}, backup.created_at ? agoNode(backup.created_at) : "—"),
    el("td", { class: "amount number" }, backup.size_bytes !== undefined ? bytes(backup.size_bytes) : "—"),
    ...columns(list).slice(3, -1).map((column) => el("td", {}, column === "Driver" ? driverName(backup.driver) : backup.mode ?? "")),
    el("td", { class: "mono", title: backup.name }, backup.snapshot ?? shortName(backup), backup.error && el("div", { class: "why" }, backup.error)),
    el("td", { class: "acts" }, backup.restorable &&
      el("button", { class: "button quiet", type: "button", onclick: restoreIt, "aria-label": `Restore the backup ${backup.snapshot ?? shortName(backup)}` }, "Restore…")));
}

const shownAtFirst = 8;

function backupTable(claim, list, all, showAll) {
  if (list.backups.length === 0) return el("p", { class: "soft small" }, "No backups yet.");
  const shown = all ? list.backups : list.backups.slice(0, shownAtFirst);
  const table = el("table", { class: "backups" },
    el("thead", {}, el("tr", {}, ...columns(list).map((name) =>
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
    redraw(node, [claim, list, all, problem?.message, list?.backups.map((each) => each.created_at && ago(each.created_at)), lastTest(claim),
      claim.restore_verified_at && ago(claim.restore_verified_at), may("restore", claim.namespace)], () => [
      facts(claim, list),
      claim.health_detail && el("p", { class: "box warn" }, sentence(claim.health_detail)),
      claim.deleted && el("p", { class: "box warn" }, "This claim is gone; its backups are still there."),
      restoreTest(claim, lastTest(claim)),
      el("h3", {}, "Backups"),
      ...(list?.warnings ?? []).map((text) => el("p", { class: "box warn" }, sentence(text))),
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
