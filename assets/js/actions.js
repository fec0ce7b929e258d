// What the buttons do.
import * as api from "./api.js";
import { el } from "./dom.js";
import { tell, tellProblem } from "./notices.js";
import { openRestore } from "./restore_dialog.js";
import { refresh, remember } from "./store.js";
import { ago, driverName, plural } from "./words.js";

/** What a driver has of this claim, as a person weighs it. */
const has = (row) => (row.last_backup_at ? `${plural(row.backup_count, "backup")}, the newest ${ago(row.last_backup_at)}` : "no backup yet");

/** Asks which driver, where several serve this claim. Null: none after all. */
function chooseDriver(claim) {
  const names = Object.keys(claim.drivers ?? {});
  if (names.length < 2) return Promise.resolve(names[0] ?? "");
  const first = names.includes(claim.driver) ? claim.driver : names[0];
  const choice = (name) => el("label", { class: "choice" },
    el("input", { type: "radio", name: "driver", value: name, checked: name === first }),
    el("span", {}, el("strong", {}, driverName(name)), el("span", { class: "hint" }, has(claim.drivers[name]))));
  const form = el("form", { method: "dialog" },
    el("div", { class: "head" }, el("h2", { id: "driver-title" }, `Back up ${claim.namespace}/${claim.pvc}`)),
    el("fieldset", { class: "text choices" }, el("legend", { class: "unseen" }, "With"), ...names.map(choice)),
    el("div", { class: "foot" },
      el("button", { class: "button", type: "submit", value: "" }, "Cancel"),
      el("button", { class: "button main", type: "submit", value: "start" }, "Back up")));
  const dialog = el("dialog", { class: "narrow", "aria-labelledby": "driver-title" }, form);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "start" ? new FormData(form).get("driver") : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    form.querySelector("input:checked").focus();
  });
}

export async function backUp(claim) {
  const name = `${claim.namespace}/${claim.pvc}`;
  const driver = await chooseDriver(claim);
  if (driver === null) return;
  try {
    const started = await api.backUp(claim, driver);
    tell(`The backup of ${name} has started. `, el("a", { href: `#/operations/${started.operation}` }, "Show it"));
    await refresh();
  } catch (problem) {
    tellProblem(`${name} was not backed up.`, problem);
  }
}

/** Restores the latest restic backup into a volume that goes with its Pod, and compares. */
export async function testRestore(claim) {
  const name = `${claim.namespace}/${claim.pvc}`;
  try {
    const started = await api.testRestore(claim);
    tell(`The restore test of ${name} has started. `, el("a", { href: `#/operations/${started.operation}` }, "Show it"));
    await refresh();
  } catch (problem) {
    tellProblem(`No restore of ${name} was tested.`, problem);
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
    : operation.target_pvc ? "What it made so far, the new volume and claim, is removed again." : "What it made so far is removed again.";
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
