// "Restore...": which backup, into which claim; every change is tried as a dry run, so that the plan, its warnings and
// any conflict are there before the click.
import * as api from "./api.js";
import { el, redraw } from "./dom.js";
import { icon } from "./icons.js";
import { problemText, tell } from "./notices.js";
import { planView, warningBoxes } from "./plan_view.js";
import { refresh, state } from "./store.js";
import { ago, bytes, driverName, shortClock } from "./words.js";

const typingPause = 300;

const severalDrivers = (backups) => new Set(backups.map((each) => each.driver)).size > 1;

const backupLabel = (backup, several) =>
  [several && driverName(backup.driver), backup.created_at ? `${shortClock(backup.created_at)}, ${ago(backup.created_at)}` : backup.name,
    backup.size_bytes !== undefined && bytes(backup.size_bytes),
    backup.state !== "completed" && backup.state].filter(Boolean).join(" · ");

function field(label, control, hint) {
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control,
    hint && el("span", { class: "hint", id: `${control.id}-hint` }, hint));
}

const input = (id, value, more = {}) =>
  el("input", { id, class: "input", value, autocomplete: "off", spellcheck: "false", ...more });

function namespaceNames() {
  return el("datalist", { id: "restore-namespaces" }, ...(state.inventory?.namespaces ?? []).map((each) => el("option", { value: each.name })));
}

function controls(claim, backups, chosen) {
  const latest = backups.find((each) => each.latest);
  const options = backups.filter((each) => each.restorable).map((each) =>
    el("option", { value: each.name, selected: each.name === chosen }, backupLabel(each, severalDrivers(backups))));
  if (latest) options.unshift(el("option", { value: "latest", selected: !chosen || chosen === latest.name }, `Latest: ${latest.created_at ? ago(latest.created_at) : latest.name}`));
  return {
    backup: el("select", { id: "restore-backup", class: "input" }, ...options),
    namespace: input("restore-namespace", claim.namespace, { required: true, list: "restore-namespaces" }),
    name: input("restore-name", `restore-${claim.pvc}`.slice(0, 253), { required: true, "aria-describedby": "restore-name-hint" }),
    storageClass: input("restore-class", "", { placeholder: claim.storage_class || "as the source" }),
    capacity: input("restore-capacity", "", { placeholder: claim.capacity || "as the source" }),
    verify: el("input", { id: "restore-verify", type: "checkbox", checked: true }),
    /** Who made the backup that is chosen, and restores it. */
    driver() {
      return (this.backup.value === "latest" ? latest : backups.find((each) => each.name === this.backup.value))?.driver;
    },
  };
}

/** What is asked for, as POST /v1/restores takes it. */
function requestOf(claim, from) {
  const request = { namespace: claim.namespace, pvc: claim.pvc, snapshot: from.backup.value,
    target_namespace: from.namespace.value.trim(), target_pvc: from.name.value.trim() };
  if (from.driver()) request.driver = from.driver();
  if (from.driver() === "restic") request.verify = from.verify.checked;
  if (from.storageClass.value.trim()) request.storage_class = from.storageClass.value.trim();
  if (from.capacity.value.trim()) request.capacity = from.capacity.value.trim();
  return request;
}

/** Tries each change after a short pause, the newest only. `show({checking, plan, problem})`. */
function preview(request, show) {
  let timer = 0;
  let trial = null;
  const attempt = async () => {
    trial = new AbortController();
    const { signal } = trial;
    try {
      const plan = await api.tryRestore(request(), signal);
      if (!signal.aborted) show({ plan });
    } catch (problem) {
      if (!signal.aborted) show({ problem });
    }
  };
  return {
    again(pause = typingPause) {
      clearTimeout(timer);
      trial?.abort();
      show({ checking: true });
      timer = setTimeout(attempt, pause);
    },
    stop() {
      clearTimeout(timer);
      trial?.abort();
    },
  };
}

/**
 * @param claim an inventory row
 * @param {Array} backups of that claim, newest first
 * @param {string} [chosen] name of the backup to begin with; else the latest
 */
export function openRestore(claim, backups, chosen) {
  const from = controls(claim, backups, chosen);
  const result = el("div", { class: "result" });
  const heading = el("h3", {});
  const status = el("span", { class: "state", role: "status" });
  const confirm = el("button", { class: "button main", type: "submit", disabled: true }, "Restore");
  const close = () => dialog.close();
  const verify = el("label", { class: "check" }, from.verify, "Read it again and compare");
  const form = el("form", { method: "dialog", novalidate: true },
    el("div", { class: "head" }, el("h2", { id: "restore-title" }, `Restore ${claim.namespace}/${claim.pvc}`),
      el("button", { class: "icon-button", type: "button", "aria-label": "Close", onclick: close }, icon("close"))),
    el("div", { class: "content" },
      el("div", { class: "fields" },
        field("Backup", from.backup),
        verify,
        field("Into namespace", from.namespace),
        field("As a new claim named", from.name, "Must not exist yet. An existing claim is never touched."),
        namespaceNames(),
        el("details", {}, el("summary", {}, "Class and size"), field("Storage class", from.storageClass), field("Capacity", from.capacity))),
      el("div", { class: "preview", "aria-labelledby": "restore-plan", role: "group" }, heading, result)),
    el("div", { class: "foot" }, status, el("button", { class: "button", type: "button", onclick: close }, "Cancel"), confirm));
  heading.id = "restore-plan";
  const dialog = el("dialog", { "aria-labelledby": "restore-title" }, form);

  const show = ({ checking, plan, problem }) => {
    confirm.disabled = !plan;
    result.classList.toggle("old", Boolean(checking));
    redraw(heading, [checking], () => (checking ? [icon("running", "spin"), "Checking"] : ["What will happen"]));
    if (checking) return;
    status.textContent = plan ? "Checked against the cluster; nothing is made yet." : "This cannot be restored like that.";
    redraw(result, [plan, problem?.message, problem?.requestId], () =>
      plan ? [...warningBoxes(plan.warnings), planView(plan)] : [el("p", { class: "box bad" }, ...problemText(problem))]);
  };
  const trial = preview(() => requestOf(claim, from), show);
  const showWhatFits = () => {
    verify.hidden = from.driver() !== "restic"; // Longhorn cannot
  };
  showWhatFits();

  form.addEventListener("input", () => {
    showWhatFits();
    trial.again();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (confirm.disabled) return;
    trial.stop();
    confirm.disabled = true;
    status.textContent = "Starting…";
    try {
      const started = await api.restore(requestOf(claim, from));
      dialog.close();
      location.hash = `#/operations/${started.operation}`;
      tell(`The restore of ${claim.namespace}/${claim.pvc} has started.`);
      refresh();
    } catch (problem) {
      show({ problem });
    }
  });
  dialog.addEventListener("click", (event) => event.target.closest("a") && dialog.close());
  dialog.addEventListener("close", () => {
    trial.stop();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
  from.backup.focus();
  trial.again(0);
}
