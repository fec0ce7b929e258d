// Server-sent events by fetch, which tells what an EventSource keeps to itself: the status, and whether anything comes.
import { Problem } from "./api.js";

export const silence = 40_000; // comments come every 15 s

/** Takes text in pieces of any size; calls `on.event({name, data, id})` and `on.retry(milliseconds)`. */
export function eventParser(on) {
  const seen = { id: "" };
  let rest = "";
  let name = "";
  let data = [];
  const field = (key, value) => {
    if (key === "data") data.push(value);
    else if (key === "event") name = value;
    else if (key === "id") seen.id = value;
    else if (key === "retry" && /^\d+$/.test(value)) on.retry(Number(value));
  };
  const line = (text) => {
    if (text === "") {
      if (data.length > 0) on.event({ name: name || "message", data: data.join("\n"), id: seen.id });
      name = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    if (colon !== 0) field(colon < 0 ? text : text.slice(0, colon), colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, ""));
  };
  seen.take = (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.forEach((each) => line(each.replace(/\r$/, "")));
  };
  return seen;
}

/**
 * Reads the stream until it ends, breaks, falls silent or is aborted; throws then, or returns where it ended in order.
 * `on`: heard() with each piece, then event(), retry(), id(last). The answer's head says nothing yet: something on the way
 * may keep what follows it.
 */
export async function readEvents(path, lastId, on, signal) {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, silence);
  try {
    const headers = { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
    const answer = await fetch(path, { headers, cache: "no-store", redirect: "manual", signal: own.signal });
    const isStream = answer.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (!answer.ok || !answer.body || !isStream) throw new Problem(answer.status, "no_stream", "Soteria gives no stream of events.", "");
    const parser = eventParser(on);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(stop, silence);
      on.heard();
      parser.take(value);
      if (parser.id) on.id(parser.id);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    own.abort();
  }
}
