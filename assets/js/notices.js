// What a person's own action came to. Problems stay until they are closed.
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { sentence } from "./words.js";

const shownFor = 8_000;

function show(tone, role, ...content) {
  const close = el("button", { class: "icon-button", type: "button", "aria-label": "Close", onclick: () => box.remove() }, icon("close"));
  const box = el("div", { class: `notice ${tone}`, role }, el("div", { class: "text" }, ...content), close);
  document.getElementById("notices").append(box);
  return box;
}

export function tell(...content) {
  const box = show("", null, ...content);
  setTimeout(() => box.remove(), shownFor);
}

export function tellProblem(what, problem) {
  show("bad", "alert", el("strong", {}, what), " ", ...problemText(problem));
}

/** A problem's sentence, the operation it names as a link, and the request id for the log. */
export function problemText(problem) {
  const named = /\b(?:backup|restore)\.[a-z0-9-]+\.[a-z0-9][a-z0-9.-]*[a-z0-9]/.exec(problem.message);
  if (problem.status === 401) return signedOut(problem);
  const parts = [sentence(problem.message)];
  if (named) parts.push(" ", el("a", { href: `#/operations/${named[0]}` }, "Show that operation"), ".");
  return [...parts, " ", ...reference(problem)];
}

/** Only the proxy in front knows how to sign in: it asks for that when the page is loaded. */
function signedOut(problem) {
  const again = el("button", { class: "link", type: "button", onclick: () => location.reload() }, "Sign in again");
  return ["You are not signed in any more. ", again, ". ", ...reference(problem)];
}

const reference = (problem) => (problem.requestId ? [el("span", { class: "reference" }, `Request ${problem.requestId}`), " "] : []);

/** For screen readers: what ended. Nothing else speaks by itself. */
export function announce(sentence) {
  document.getElementById("ends").textContent = sentence;
}
