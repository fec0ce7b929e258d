// What is known of the service, kept up to date by polling: every 2 s while something runs, every 10 s otherwise,
// never while the page is hidden.
import * as api from "./api.js";
import { isActive } from "./words.js";

const busyPause = 2_000;
const calmPause = 10_000;

export const state = {
  me: null,
  inventory: null, // as the API has it
  operations: [], // newest first
  deleted: false, // whether claims that are gone are asked for
  problem: null, // why the last poll came to nothing
  problemSince: null,
};

const listeners = new Set();
const endListeners = new Set();
let timer = 0;
let polling = null;

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

/** An operation that an answer told us about, before the next poll does. */
export function remember(operation) {
  const at = state.operations.findIndex((each) => each.id === operation.id);
  if (at < 0) state.operations = [operation, ...state.operations];
  else state.operations = state.operations.with?.(at, operation) ?? state.operations.map((o, i) => (i === at ? operation : o));
  changed();
}

function noticeEnds(before, after) {
  const running = new Set(before.filter(isActive).map((each) => each.id));
  for (const each of after)
    if (running.has(each.id) && !isActive(each)) endListeners.forEach((listener) => listener(each));
}

async function poll() {
  try {
    const wanted = state.deleted;
    const [inventory, page] = await Promise.all([api.inventory(wanted), api.operations()]);
    const before = state.operations;
    if (wanted === state.deleted) state.inventory = inventory;
    state.operations = page.operations;
    state.problem = null;
    noticeEnds(before, page.operations);
    if (!state.me) state.me = await api.whoami();
  } catch (problem) {
    if (!state.problem) state.problemSince = new Date();
    state.problem = problem;
  }
  changed();
}

/** Polls now; polls after that follow by themselves. */
export function refresh() {
  clearTimeout(timer);
  polling ??= poll().finally(() => {
    polling = null;
    if (document.hidden) return;
    timer = setTimeout(refresh, state.operations.some(isActive) ? busyPause : calmPause);
  });
  return polling;
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
