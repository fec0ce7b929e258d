// What is known of the service: read once, then kept up to date by its events. Where those do not come it is read every
// 5 s, and otherwise now and then; never while the page is hidden.
import * as api from "./api.js";
import { withOperation, withPlaces, withReading, withRow } from "./merge.js";
import { follow } from "./shared_stream.js";
import { isActive } from "./words.js";

const pollPause = 5_000;
const readPause = 60_000; // while events come: one replica may have answered when it was behind the one whose events these are
const placesPause = 1_000; // operations that begin or end together move the places in the queue together
const drawPause = 100; // news that come together are drawn together
const clockPause = 2_000; // a running step's time, ages
const whoPause = 15_000; // a stream goes on where its caller has been signed out meanwhile

export const state = {
  me: null,
  inventory: null, // as the API has it
  operations: [], // newest first
  deleted: false, // whether claims that are gone are asked for
  problem: null, // why the last poll came to nothing
  problemSince: null,
  live: null, // whether events come; null: not known yet
};

const listeners = new Set();
const endListeners = new Set();
let timer = 0;
let drawing = 0;
let places = 0;
let polling = null;
let again = false; // another poll is wanted after the present one
let meanwhile = []; // events that came during a poll, which may have been answered before them

export const onChange = (listener) => listeners.add(listener);
/** Called once with each operation that was seen running and is now over. */
export const onEnd = (listener) => endListeners.add(listener);
export const changed = () => listeners.forEach((listener) => listener());

/** The running backup of a claim, or the running restore into it. */
export const activeFor = (claim) =>
  state.operations.find(
    (each) =>
      isActive(each) &&
      (each.kind === "backup"
        ? each.namespace === claim.namespace && each.pvc === claim.pvc
        : each.target_namespace === claim.namespace && each.target_pvc === claim.pvc),
  );

/** An operation that an answer told us about, before its events do. */
export function remember(operation) {
  state.operations = withOperation(state.operations, operation);
  changed();
}

function noticeEnds(before, after) {
  const running = new Set(before.filter(isActive).map((each) => each.id));
  for (const each of after)
    if (running.has(each.id) && !isActive(each)) endListeners.forEach((listener) => listener(each));
}

function apply([name, data]) {
  if (name === "operation") {
    const before = state.operations;
    state.operations = withOperation(before, data);
    noticeEnds(before.filter((each) => each.id === data.id), data.deleted ? [] : [data]);
    if (before.find((each) => each.id === data.id)?.phase !== data.phase || data.phase === "Queued") placesMoved();
  } else if (name === "inventory" && state.inventory) {
    state.inventory = withRow(state.inventory, data, state.deleted);
  }
}

async function poll() {
  meanwhile = [];
  try {
    const wanted = state.deleted;
    const [inventory, page] = await Promise.all([api.inventory(wanted), api.operations()]);
    const before = state.operations;
    if (wanted === state.deleted) state.inventory = inventory;
    else again = true;
    state.operations = withReading(before, page.operations);
    state.problem = null;
    noticeEnds(before, state.operations);
    meanwhile.forEach(apply);
    if (!state.me) state.me = await api.whoami();
  } catch (problem) {
    if (!state.problem) state.problemSince = new Date();
    state.problem = problem;
  }
  changed();
}

/** A place in the queue is on no record, and no event tells it: it moves when another operation begins or ends. */
function placesMoved() {
  if (state.live) places ||= setTimeout(readPlaces, placesPause);
}

async function readPlaces() {
  places = 0;
  if (document.hidden || !state.live || !state.operations.some((each) => each.phase === "Queued")) return;
  try {
    const page = await api.queued();
    state.operations = withPlaces(state.operations, page.operations);
    changed();
  } catch {
    refresh(); // tells what is wrong
  }
}

/** Reads everything now, and again and again after that. */
export function refresh() {
  clearTimeout(timer);
  polling ??= poll().finally(() => {
    polling = null;
    if (again) {
      again = false;
      refresh();
    } else if (!document.hidden) timer = setTimeout(refresh, state.live && !state.problem ? readPause : pollPause);
  });
  return polling;
}

/** What is asked for now may have been answered before now. */
function readAgain() {
  if (document.hidden) return; // it is read when the page is looked at
  again = polling !== null;
  refresh();
}

function setLive(live) {
  const lost = state.live !== false && !live;
  state.live = live;
  if (lost && !document.hidden) refresh();
  changed();
}

function take(name, data) {
  if (polling) meanwhile.push([name, data]);
  apply([name, data]);
  drawing ||= setTimeout(() => {
    drawing = 0;
    changed();
  }, drawPause);
}

/** Where nothing is polled: are we still known, and what may we do now? */
async function lookWhoWeAre() {
  if (document.hidden || !state.live || state.problem) return;
  try {
    state.me = await api.whoami();
    changed();
  } catch {
    refresh(); // tells what is wrong, and goes on until it is right
  }
}

/** Begins; once. */
export function start() {
  follow({ live: setLive, read: readAgain, event: take });
  refresh();
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
  setInterval(() => !document.hidden && state.live && changed(), clockPause);
  setInterval(lookWhoWeAre, whoPause);
}
