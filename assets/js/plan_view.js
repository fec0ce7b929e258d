// A dry run's answer as steps that a person can read.
import { el } from "./dom.js";
import { sentence, stepName, undoSentence } from "./words.js";

const object = (of) => [of.kind, of.namespace ? `${of.namespace}/${of.name ?? ""}` : of.name].filter(Boolean).join(" ");

function stepItem(step) {
  return el(
    "li",
    { class: step.action },
    el("div", { class: "what" }, stepName(step.step)),
    el("div", {}, step.detail),
    step.object?.name && el("div", { class: "object mono" }, object(step.object)),
    step.undo && el("div", { class: "undo" }, undoSentence(step.undo)),
  );
}

export const warningBoxes = (warnings) => warnings.map((text) => el("p", { class: "box warn" }, sentence(text)));

/** @param answer the 200 of a dry run */
export function planView(answer) {
  return el("ol", { class: "plan" }, ...answer.plan.map(stepItem));
}
