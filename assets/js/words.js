// Numbers and codes as words.
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { serverNow } from "./api.js";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** "35 min", "3 h", "2 days": one unit, rounded down. */
export function span(milliseconds) {
  const ms = Math.max(0, milliseconds);
  if (ms < minute) return `${Math.floor(ms / 1000)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < 2 * day) return `${Math.floor(ms / hour)} h`;
  return `${Math.floor(ms / day)} days`;
}

export const ago = (time) => {
  const ms = serverNow() - Date.parse(time);
  return ms < 5000 ? "just now" : `${span(ms)} ago`;
};

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
export const clock = (time) => full.format(new Date(time));

const short = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
export const shortClock = (time) => short.format(new Date(time));

/** A <time> that reads "35 min ago" and tells the whole date when pointed at. */
export function agoNode(time) {
  return el("time", { datetime: time, title: clock(time) }, ago(time));
}

/** "1.2 GiB" */
export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** What needs attention first. */
export const healths = {
  missing: { word: "Never backed up", tone: "bad", attention: true },
  stale: { word: "Stale", tone: "warn", attention: true },
  unknown: { word: "Unknown", tone: "warn", attention: true },
  fresh: { word: "Fresh", tone: "good" },
  unbound: { word: "Not bound", tone: "calm" },
  unsupported: { word: "Not supported", tone: "calm" },
};

export function healthTag(reason) {
  const { word, tone } = healths[reason] ?? { word: reason, tone: "calm" };
  return el("span", { class: `tag ${tone}` }, icon(reason), word);
}

export const phases = {
  Queued: { word: "Queued", tone: "calm", icon: "queued" },
  Running: { word: "Running", tone: "busy", icon: "running", moving: true },
  RollingBack: { word: "Rolling back", tone: "warn", icon: "running", moving: true },
  Succeeded: { word: "Succeeded", tone: "good", icon: "done" },
  Incomplete: { word: "Incomplete", tone: "warn", icon: "attention" },
  Failed: { word: "Failed", tone: "bad", icon: "failed" },
  Cancelled: { word: "Cancelled", tone: "calm", icon: "undone" },
};

export const isActive = (operation) => ["Queued", "Running", "RollingBack"].includes(operation.phase);

export function phaseTag(phase) {
  const known = phases[phase] ?? { word: phase, tone: "calm", icon: "unknown" };
  return el("span", { class: `tag ${known.tone}` }, icon(known.icon, known.moving ? "spin" : ""), known.word);
}

export const backupStates = {
  completed: { word: "Completed", tone: "good", icon: "done" },
  incomplete: { word: "Incomplete", tone: "warn", icon: "attention" },
  running: { word: "Running", tone: "busy", icon: "running" },
  failed: { word: "Failed", tone: "bad", icon: "failed" },
  unknown: { word: "Unknown", tone: "calm", icon: "unknown" },
};

/** Drivers by the names that people write. */
const driverNames = { longhorn: "Longhorn", restic: "restic", none: "—" };
export const driverName = (driver) => driverNames[driver] ?? driver;

const stepNames = {
  resolve: "Find the volume and the backup",
  repository: "Make sure that there is a repository",
  create_job: "Make the Job",
  create_secret: "Give it the keys",
  start_job: "Start it when the repository is free",
  mark_incomplete: "Mark what is incomplete",
  forget: "Forget old snapshots",
  wait_restore: "Bring the data back",
  create_snapshot: "Take a snapshot",
  wait_snapshot: "Wait for the snapshot",
  start_backup: "Start the backup",
  wait_backup: "Copy the data",
  create_volume: "Create the volume",
  create_claim: "Create the claim",
  wait_restored: "Bring the data back",
  create_persistent_volume: "Create the persistent volume",
  wait_bound: "Bind the claim",
};

const spaced = (name) => name.replaceAll("_", " ");

/** "no backup of x is left" -> "No backup of x is left." */
export const sentence = (text) => text.replace(/^./, (first) => first.toUpperCase()) + (/[.!?…]$/.test(text) ? "" : ".");

/** "create_volume" -> "Create the volume"; an unknown one is at least readable. */
export const stepName = (name) => stepNames[name] ?? spaced(name).replace(/^./, (first) => first.toUpperCase());

/** "delete_volume" -> "If a later step fails, the volume is deleted again." */
export const undoSentence = (undo) =>
  `If a later step fails, ${undo.startsWith("delete_") ? `the ${spaced(undo.slice(7))} is deleted again` : spaced(undo)}.`;

export const title = (operation) => {
  const source = `${operation.namespace}/${operation.pvc}`;
  if (operation.kind === "backup") return `Back up ${source}`;
  if (!operation.target_pvc) return `Test a restore of ${source}`;
  return `Restore ${source} into ${operation.target_namespace}/${operation.target_pvc}`;
};
