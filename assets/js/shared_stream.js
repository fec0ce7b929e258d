// One stream of events for all tabs of a browser: a visible one holds a lock and the stream, and tells the others what
// comes. A browser opens six connections to a service at most, and each tab's own stream would take one for good.
import { readEvents, silence } from "./event_reader.js";

const name = "soteria-events"; // of the lock and of the channel
const leadsHidden = 20_000; // how long a tab that went out of sight goes on, in case it comes back at once
const longestPause = 30_000;

/** Locks need a secure context: https, or localhost. */
const possible = () => Boolean(navigator.locks && globalThis.BroadcastChannel && globalThis.TextDecoderStream);

const pause = (milliseconds, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => resolve(clearTimeout(timer)));
});

/**
 * Follows /v1/events, for as long as the page lives.
 * @param on live(yes): whether events come; read(): everything is to be read again; event(name, data)
 */
export function follow(on) {
  if (!possible()) return on.live(false);
  const me = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  let told = ""; // the last news of the stream itself, where this tab leads
  let lead = null; // the lead, or the wait for it
  let live = null;
  let deaf = 0; // a tab that has the stream may be stopped by its browser, and go on holding the lock
  let hidden = 0;

  function become(yes) {
    if (live === yes) return;
    live = yes;
    on.live(yes);
  }
  /** News of the stream, of this tab or of the one that has it: open, down, event; heard where there is nothing else to tell. */
  function take({ kind, to, from, event }) {
    if (to && to !== me) return;
    if (kind === "hello") {
      if (told) channel.postMessage({ kind: told, to: from });
      return;
    }
    clearTimeout(deaf);
    if (kind !== "down") deaf = setTimeout(() => become(false), silence);
    const missed = kind !== "down" && !live;
    become(kind !== "down");
    const reset = kind === "event" && event.name === "reset";
    if (kind === "event" && !reset) on.event(event.name, JSON.parse(event.data));
    if (kind === "open" || missed || reset) on.read();
  }
  const tell = (message) => {
    if (message.kind === "open" || message.kind === "down") told = message.kind;
    channel.postMessage(message);
    take(message);
  };

  async function hold(signal) {
    let last = "";
    let failures = 0;
    let retry = 3_000;
    const reading = {
      heard: () => {
        failures = 0;
        tell({ kind: told === "open" ? "heard" : "open" });
      },
      event: (event) => tell({ kind: "event", event }),
      retry: (milliseconds) => (retry = milliseconds),
      id: (id) => (last = id),
    };
    while (!signal.aborted) {
      try {
        await readEvents("/v1/events", last, reading, signal);
      } catch {
        failures += 1; // why is told by the next poll, which goes the same way
      }
      if (signal.aborted) break;
      tell({ kind: "down" });
      await pause(Math.min(longestPause, retry * 2 ** Math.min(failures, 4)), signal);
    }
    told = "";
  }

  function stand() {
    clearTimeout(hidden);
    if (lead) return;
    const mine = (lead = new AbortController());
    navigator.locks.request(name, { signal: mine.signal }, () => hold(mine.signal)).catch(() => {}); // aborted while it waited
    channel.postMessage({ kind: "hello", from: me });
  }
  function stepDown() {
    lead?.abort();
    lead = null;
  }

  channel.addEventListener("message", ({ data }) => take(data));
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(stepDown, leadsHidden);
    else stand();
  });
  addEventListener("pagehide", stepDown);
  addEventListener("pageshow", () => document.hidden || stand());
  if (!document.hidden) stand();
}
