// Requests that start work, each under a key of its own: however often one is sent, one operation comes of it.

const mostTries = 3;
const pause = 1000;

/** Also where pages come over plain HTTP, which have no randomUUID. */
const newKey = () =>
  crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const underWay = new Map(); // what was asked for -> its answer: the second click of a double click gets the first one's

/** Asks again, under the same key, where no answer came. `send(headers)` */
async function persist(send) {
  const headers = { "Idempotency-Key": newKey() };
  for (let tries = 1; ; tries += 1) {
    try {
      return await send(headers);
    } catch (problem) {
      const unknown = problem.code === "no_answer" || problem.code === "idempotency_key_in_use";
      if (!unknown || tries === mostTries) throw problem;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** @param {string} what names the request: two of one name at a time are one */
export function once(what, send) {
  if (!underWay.has(what)) underWay.set(what, persist(send).finally(() => underWay.delete(what)));
  return underWay.get(what);
}
