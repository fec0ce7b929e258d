// What the buttons do.
import * as api from "./api.js";
import { el } from "./dom.js";
import { tell, tellProblem } from "./notices.js";
import { openRestore } from "./restore_dialog.js";
import { refresh, remember } from "./store.js";

export async function backUpNow(claim) {
  const name = `${claim.namespace}/${claim.pvc}`;
  try {
    const started = await api.backUp(claim);
    tell(`The backup of ${name} has started. `, el("a", { href: `#/operations/${started.operation}` }, "Show it"));
    await refresh();
  } catch (problem) {
    tellProblem(`${name} was not backed up.`, problem);
  }
}

/** `list`: the claim's backups where they are at hand. */
export async function restore(claim, list, chosen) {
  try {
    const { backups } = list ?? (await api.backups(claim));
    openRestore(claim, backups, chosen);
  } catch (problem) {
    tellProblem(`The backups of ${claim.namespace}/${claim.pvc} could not be read.`, problem);
  }
}

/** Asks first: a cancelled restore takes back what it made. */
export function cancel(operation) {
  const stop = async () => {
    dialog.close();
    try {
      remember(await api.cancel(operation.id));
      refresh();
    } catch (problem) {
      tellProblem("It could not be stopped.", problem);
    }
  };
  const what = operation.kind === "backup"
    ? "The backup that is under way is dropped; earlier backups stay."
    : "What it made so far, the new volume and claim, is removed again.";
  const dialog = el("dialog", { class: "narrow", "aria-labelledby": "cancel-title" },
    el("form", { method: "dialog" },
      el("div", { class: "head" }, el("h2", { id: "cancel-title" }, operation.kind === "backup" ? "Stop this backup?" : "Stop this restore?")),
      el("div", { class: "text" }, what),
      el("div", { class: "foot" },
        el("button", { class: "button", type: "submit" }, "Let it run"),
        el("button", { class: "button danger", type: "button", onclick: stop }, "Stop it"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
