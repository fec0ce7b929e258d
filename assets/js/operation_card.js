// One backup or restore: where it is, what it did, what came of it.
import { cancel } from "./actions.js";
import { el, redraw, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { may } from "./permissions.js";
import { agoNode, ago, bytes, driverName, isActive, phaseTag, sentence, span, stepName, title } from "./words.js";
import { serverNow } from "./api.js";

const stepIcons = { done: ["done", "good"], running: ["running", "busy"], failed: ["failed", "bad"], undone: ["undone", "calm"],
  undo_failed: ["attention", "bad"], pending: ["pending", "calm"] };
const stepWords = { done: "done", running: "under way", failed: "failed", undone: "taken back", undo_failed: "could not be taken back", pending: "not yet" };

function took(from, to) {
  const ms = (to ? Date.parse(to) : serverNow()) - Date.parse(from);
  return ms < 1000 ? "under 1 s" : span(ms);
}

function stepItem(step) {
  const [shape, tone] = stepIcons[step.state] ?? stepIcons.pending;
  return el("li", { class: step.state }, el("span", { class: `tag ${tone}` }, icon(shape, step.state === "running" ? "spin" : "")),
    el("span", {}, stepName(step.name), el("span", { class: "unseen" }, `: ${stepWords[step.state] ?? step.state}`)),
    el("span", { class: "took" }, step.started_at && step.state !== "pending" ? took(step.started_at, step.finished_at) : ""),
    step.message && el("span", { class: "said" }, sentence(step.message)));
}

const fact = (name, value) => value && el("div", {}, el("dt", {}, name), el("dd", { class: "mono" }, value));

function leftovers(list) {
  return el("div", { class: "box warn" }, el("strong", {}, "Left behind; please look at these:"),
    el("ul", { class: "leftovers" }, ...list.map((each) =>
      el("li", {}, el("span", { class: "mono" }, `${each.kind} ${each.namespace ? `${each.namespace}/` : ""}${each.name}`), `: ${each.why}`))));
}

/** What restic counted. */
function counted(operation, { files, bytes: size, bytes_added: added, verified }) {
  const did = operation.kind === "backup" ? "Read" : "Written";
  return [size !== undefined && fact(did, [files !== undefined && `${files.toLocaleString()} files`, bytes(size)].filter(Boolean).join(", ")),
    added !== undefined && fact("New in the repository", bytes(added)),
    verified !== undefined && fact("Read again and compared", verified ? "yes" : "no")];
}

function more(operation) {
  const { error, result = {}, request_id: request } = operation;
  return [
    error && el("p", { class: "box bad" }, sentence(error.detail), " ", el("span", { class: "reference" }, error.code)),
    operation.leftovers && leftovers(operation.leftovers),
    el("ol", { class: "steps", "aria-label": "Steps" }, ...operation.steps.map(stepItem)),
    el("dl", { class: "facts" }, fact("Driver", driverName(operation.driver)), fact("Backup", result.backup), fact("Volume", result.volume), fact("Claim", result.claim_name),
      ...counted(operation, result), fact("Job", result.job_name),
      fact(operation.resource.kind, `${operation.resource.namespace}/${operation.resource.name}`), fact("Request", request)),
  ];
}

function progressText({ percent, bytes_done: done, bytes_total: total, eta_seconds: eta }) {
  return [`${percent} %`, total !== undefined && `${bytes(done ?? 0)} of ${bytes(total)}`,
    eta !== undefined && `about ${span(eta * 1000)} left`].filter(Boolean).join(" · ");
}

/** @param {{chosen: string, open: Map<string, boolean>}} view which one was asked for, and which a person opened or closed */
export function operationCard(first, view, changed) {
  let operation = first;
  const isOpen = () => view.open.get(operation.id) ?? (isActive(operation) || view.chosen === operation.id);
  const toggle = () => {
    view.open.set(operation.id, !isOpen());
    changed();
  };
  const details = el("div", { class: "more", id: `operation-${first.id}` });
  const head = el("button", { class: "plain", type: "button", "aria-controls": details.id, onclick: toggle }, icon("chevron", "turn"), el("span", {}, title(first)));
  const phase = el("span", {});
  const stop = el("button", { class: "button", type: "button", onclick: () => cancel(operation), "aria-label": `Stop: ${title(first)}` }, "Stop");
  const line = el("div", { class: "line" });
  const bar = el("progress", { max: 100, "aria-label": title(first) });
  const barText = el("span", { class: "number" });
  const moving = el("div", { class: "moving" }, bar, barText);
  const card = el("li", { class: "operation" },
    el("div", { class: "top" }, el("h2", {}, head), el("span", { class: "side" }, phase, stop), line, moving), details);

  function update(current) {
    operation = current;
    const active = isActive(operation);
    card.classList.toggle("chosen", view.chosen === operation.id);
    redraw(phase, [operation.phase, operation.stalled], () => [phaseTag(operation.phase), operation.stalled && el("span", { class: "pill" }, "stalled")]);
    stop.hidden = !active || operation.phase === "RollingBack";
    const { kind, namespace } = operation.resource;
    stop.disabled = !stop.hidden && !may(kind === "Backup" ? "cancel_backups" : "cancel_restores", namespace);
    setAttribute(stop, "title", stop.disabled ? `You may not stop what runs in the namespace ${namespace}.` : null);
    redraw(line, [operation.message, operation.requested_by, ago(operation.created_at), active, operation.finished_at], () => [
      operation.message && el("span", {}, sentence(operation.message)),
      el("span", {}, `by ${operation.requested_by}, `, agoNode(operation.created_at)),
      !active && operation.started_at && el("span", {}, `took ${took(operation.started_at, operation.finished_at)}`),
    ]);
    moving.hidden = !active || operation.phase === "Queued";
    if (operation.progress) bar.value = operation.progress.percent;
    else bar.removeAttribute("value");
    setText(barText, operation.progress ? progressText(operation.progress) : "");
    setAttribute(head, "aria-expanded", String(isOpen()));
    details.hidden = !isOpen();
    // A running step's time moves on by itself.
    if (isOpen()) redraw(details, [operation, active && Math.floor(serverNow() / 1000)], () => more(operation));
  }
  return { nodes: [card], update, focus: () => { card.scrollIntoView({ block: "nearest" }); head.focus({ preventScroll: true }); } };
}
