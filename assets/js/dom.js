// Making and keeping up DOM nodes. Text only ever becomes text.

/**
 * An element: attributes by name, `on...` for listeners, `false`/`null` leave an attribute out.
 * @param {string} name
 * @param {Object} [attributes]
 * @param {...(Node|string|null|undefined|false)} children
 */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "disabled" || key === "open") node[key] = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Changes the text only where it differs, so that a selection or a screen reader is left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Replaces the children, unless they would be drawn from the same `state` as the last time. */
export function redraw(node, state, draw) {
  const key = JSON.stringify(state);
  if (node.drawnFrom === key) return;
  node.drawnFrom = key;
  node.replaceChildren(...[draw()].flat().filter(Boolean));
}

/**
 * Keeps the children of `parent` in step with `items`: a node is made once for each key, then updated and moved, so
 * that focus and open parts survive. `make(item)` returns {nodes: [Node], update(item)}. Children up to `after` stay.
 */
export function keyed(parent, items, keyOf, make, after = null) {
  const known = parent.keyed ?? (parent.keyed = new Map());
  const wanted = new Set();
  let at = after ? after.nextSibling : parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let entry = known.get(key);
    if (!entry) known.set(key, (entry = make(item)));
    entry.update(item);
    for (const node of entry.nodes) {
      if (node === at) at = at.nextSibling;
      else parent.insertBefore(node, at);
    }
  }
  for (const [key, entry] of known) {
    if (wanted.has(key)) continue;
    entry.nodes.forEach((node) => node.remove());
    known.delete(key);
  }
}
