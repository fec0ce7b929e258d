// The service's API. Every failure becomes a Problem with a sentence.
import { once } from "./starting.js";

const patience = 35_000; // the service itself gives up after 30 s

export class Problem extends Error {
  /** @param {number} status 0: no answer */
  constructor(status, code, detail, requestId) {
    super(detail);
    Object.assign(this, { status, code, requestId });
  }
}

let offset = 0; // of the server's clock from ours

/** The server's time, so that ages are right whatever this machine's clock says. */
export const serverNow = () => Date.now() + offset;

async function call(method, path, body, signal, headers) {
  const timeout = AbortSignal.timeout(patience);
  const request = {
    method,
    cache: "no-cache", // asks with If-None-Match
    redirect: "manual", // a proxy that wants a sign-in sends elsewhere; the page can follow it, this cannot
    headers: { Accept: "application/json", ...headers }, // and then says 401 instead
    signal: signal && AbortSignal.any ? AbortSignal.any([signal, timeout]) : signal ?? timeout,
  };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "no_answer", "Soteria does not answer.", "");
  }
  if (answer.type === "opaqueredirect") throw new Problem(401, "signed_out", "Your sign-in has ended.", "");
  const date = Date.parse(answer.headers.get("Date"));
  if (!Number.isNaN(date) && Math.abs(date - serverNow()) > 2000) offset = date - Date.now();
  const requestId = answer.headers.get("X-Request-Id") ?? "";
  const document = await answer.json().catch(() => null);
  if (!answer.ok)
    throw new Problem(answer.status, document?.code ?? "", document?.detail ?? `The answer was ${answer.status}.`, requestId);
  if (document === null) throw new Problem(answer.status, "no_json", "Soteria's answer could not be read.", requestId);
  return document;
}

const start = (path, body) => once(path + JSON.stringify(body), (headers) => call("POST", path, body, undefined, headers));

const pvcQuery = (claim) => new URLSearchParams({ namespace: claim.namespace, pvc: claim.pvc });

/** @param {string} [namespace] adds what the caller may do there */
export const whoami = (namespace) => call("GET", `/v1/whoami${namespace ? `?namespace=${encodeURIComponent(namespace)}` : ""}`);
export const inventory = (deleted) => call("GET", `/v1/inventory${deleted ? "?deleted=true" : ""}`);
export const operations = () => call("GET", "/v1/operations?limit=200");
export const queued = () => call("GET", "/v1/operations?phase=Queued&limit=200");
export const operation = (id) => call("GET", `/v1/operations/${encodeURIComponent(id)}`);
export const backups = (claim) => call("GET", `/v1/backups?${pvcQuery(claim)}`);
/** `driver` empty: the service's default. */
export const backUp = (claim, driver) =>
  start("/v1/backup", { namespace: claim.namespace, pvc: claim.pvc, ...(driver ? { driver } : {}) });
export const testRestore = (claim) => start("/v1/restore-test", { namespace: claim.namespace, pvc: claim.pvc, driver: "restic" });
export const restore = (request) => start("/v1/restores", request);
export const tryRestore = (request, signal) => call("POST", "/v1/restores", { ...request, dry_run: true }, signal);
export const cancel = (id) => call("POST", `/v1/operations/${encodeURIComponent(id)}/cancel`);
