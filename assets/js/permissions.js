// What the caller may do in each namespace, where Kubernetes' RBAC decides. Asked when a namespace is first shown.
// What is not known yet counts as allowed: the service decides in any case.
import * as api from "./api.js";
import { changed, state } from "./store.js";

const atOnce = 4;
const freshFor = 60_000; // as long as the service itself believes an answer

const known = new Map(); // namespace -> {at, may}
const waiting = [];
let underWay = 0;

async function ask(namespace) {
  underWay += 1;
  try {
    const { permissions } = await api.whoami(namespace);
    known.set(namespace, { at: Date.now(), may: permissions });
    changed();
  } catch {
    known.get(namespace).at = Date.now(); // asked again later; what is refused is told after the click
  }
  underWay -= 1;
  next();
}

function next() {
  while (underWay < atOnce && waiting.length > 0) ask(waiting.shift());
}

/** Whether the caller may "back_up", "restore", "cancel_backups" or "cancel_restores" in a namespace. */
export function may(what, namespace) {
  if (state.me?.authorization !== "rbac") return true;
  const entry = known.get(namespace);
  if (!entry || Date.now() - entry.at > freshFor) {
    known.set(namespace, { at: Date.now(), may: entry?.may ?? {} });
    waiting.push(namespace);
    next();
  }
  return entry?.may[what] ?? true;
}
