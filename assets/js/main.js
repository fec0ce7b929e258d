// The page: its two views, who is looking, and what is announced.
import { el, redraw, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { inventoryView } from "./inventory_view.js";
import { announce, problemText } from "./notices.js";
import { operationsView } from "./operations_view.js";
import { onChange, onEnd, start, state } from "./store.js";
import { isActive, phases, title } from "./words.js";

const main = document.getElementById("main");
const views = { inventory: inventoryView(), operations: operationsView() };
let current = null;

/** "#/operations/ID" -> ["operations", "ID"] */
function route() {
  const [, name, ...rest] = location.hash.split("/");
  return [name in views ? name : "inventory", decodeURIComponent(rest.join("/"))];
}

function navigate() {
  const [name, argument] = route();
  const moved = current !== null && current !== name;
  if (current !== name) main.replaceChildren(views[name].node);
  current = name;
  for (const link of document.querySelectorAll("nav [data-view]"))
    setAttribute(link, "aria-current", link.dataset.view === name ? "page" : null);
  document.title = `${name === "inventory" ? "Inventory" : "Operations"} · Soteria`;
  if (moved && !argument) main.focus();
  views[name].show?.(argument);
  views[name].update();
}

function who(me) {
  const groups = me.groups.length > 0 ? ` (${me.groups.join(", ")})` : "";
  return me.authenticated ? [el("span", { title: me.email ?? "" }, `${me.user}${groups}`)] : ["not signed in"];
}

/** How the page is kept up to date. */
function news(live) {
  if (live === null) return [];
  const title = live ? "Changes are shown as they happen." : "Events do not come; everything is read every 5 seconds.";
  return [el("span", { class: `tag ${live ? "good" : "calm"}`, title }, icon(live ? "live" : "queued"), live ? "Live" : "Every 5 s")];
}

function update() {
  const running = state.operations.filter(isActive).length;
  const bubble = document.getElementById("running");
  bubble.hidden = running === 0;
  redraw(bubble, running, () => [String(running), el("span", { class: "unseen" }, " running")]);
  redraw(document.getElementById("news"), state.live, () => news(state.live));
  redraw(document.getElementById("who"), state.me, () => (state.me ? who(state.me) : []));
  const banner = document.getElementById("banner");
  banner.hidden = !state.problem;
  redraw(banner, [state.problem?.message, state.problem?.code], () =>
    state.problem ? [...problemText(state.problem), `Since ${state.problemSince.toLocaleTimeString()}; trying again.`] : []);
  views[current].update();
}

onChange(update);
onEnd((operation) => announce(`${title(operation)}: ${phases[operation.phase]?.word ?? operation.phase}.`));
addEventListener("hashchange", navigate);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
navigate();
start();
setText(document.getElementById("ends"), "");
