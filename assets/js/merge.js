// News put into what was read: the same values, as if they had been read a moment later.
import { isActive } from "./words.js";

const mostOperations = 500;

/** Two replicas may answer, of which one is behind the other: what has ended does not run again. */
const later = (known, read) => (known && !isActive(known) && isActive(read) && known.created_at === read.created_at ? known : read);

/** The list as it was read, less what was known better. */
export function withReading(list, read) {
  const known = new Map(list.map((each) => [each.id, each]));
  return read.map((each) => later(known.get(each.id), each));
}

/** The list with the places in the queue as they were read; only what is known to wait has one. */
export function withPlaces(list, queued) {
  const read = new Map(queued.map((each) => [each.id, each]));
  return list.map((each) => (each.phase === "Queued" ? read.get(each.id) ?? each : each));
}

/** The list, newest first, with one operation as it is now; without it where its record is gone. */
export function withOperation(list, operation) {
  const others = list.filter((each) => each.id !== operation.id);
  if (operation.deleted) return others;
  const before = others.findIndex((each) => each.created_at <= operation.created_at);
  const at = before < 0 ? others.length : before;
  const known = list.findIndex((each) => each.id === operation.id);
  const place = known < 0 ? at : known; // a known one stays where it is
  return [...others.slice(0, place), later(list[known], operation), ...others.slice(place)].slice(0, mostOperations);
}

const byName = (key) => (one, other) => (one[key] < other[key] ? -1 : one[key] > other[key] ? 1 : 0);

/** The inventory with one row as it is now. `withGone`: whether it shows claims that are gone but have backups. */
export function withRow(inventory, row, withGone) {
  const gone = row.deleted && !(withGone && row.health_reason);
  const namespaces = inventory.namespaces.filter((each) => each.name !== row.namespace);
  const pvcs = (inventory.namespaces.find((each) => each.name === row.namespace)?.pvcs ?? []).filter((each) => each.pvc !== row.pvc);
  if (!gone) pvcs.push(row);
  if (pvcs.length > 0) namespaces.push({ name: row.namespace, pvcs: pvcs.sort(byName("pvc")) });
  return { ...inventory, namespaces: namespaces.sort(byName("name")) };
}
