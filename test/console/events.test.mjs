// The console is kept up to date by one stream of events for all its tabs.
//   CONTROL   POST to CONTROL + "restart" starts the service anew, at the same address
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, complaints, eventually, open, operation, picture, row, start, stop, workTime } from "./browser.mjs";

before(start);
after(stop);

const streams = async () => Number(/^soteria_event_streams (\d+)$/m.exec(await (await fetch(`${base}/metrics`)).text())[1]);
const oneStream = () => eventually(async () => assert.equal(await streams(), 1));
const noStream = () => eventually(async () => assert.equal(await streams(), 0));
const live = (page) => page.locator("#news", { hasText: "Live" }).waitFor({ timeout: workTime });
const polled = (page) => page.locator("#news", { hasText: "Every 5 s" }).waitFor({ timeout: workTime });
const ended = (page) => operation(page, "Back up ai/scratch").getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });

async function call(path, body) {
  const answer = await fetch(base + path, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

const backUp = async () => (await call("/v1/backup", { namespace: "ai", pvc: "scratch" })).operation;
const over = (id) => eventually(async () => assert.equal((await call(`/v1/operations/${id}`)).phase, "Succeeded"), workTime);

/** A second tab of the same browser. */
async function beside(page, hash) {
  const tab = await page.context().newPage();
  await tab.goto(`${base}/${hash}`);
  return tab;
}

/** What the pages read of the whole from now on, when they have read what they want at first. */
async function readings(...pages) {
  const seen = [];
  for (const page of pages)
    page.on("request", (request) => /\/v1\/(operations|inventory)(\?|$)/.test(request.url()) && seen.push(request.url()));
  await eventually(async () => {
    const before = seen.length;
    await pages[0].evaluate(() => new Promise((done) => setTimeout(done, 500)));
    assert.equal(seen.length, before);
  });
  seen.length = 0;
  return seen;
}

test("two tabs share one stream and show a backup as it goes, without asking", async () => {
  const first = await open("#/operations");
  await live(first);
  const second = await beside(first, "#/inventory");
  await live(second);
  await row(second, "scratch").waitFor();
  assert.equal(await streams(), 1);
  await picture(second, "live-inventory");
  const asked = await readings(first, second);
  const id = await backUp();
  await operation(first, "Back up ai/scratch").waitFor();
  await picture(first, "live-operations");
  await ended(first);
  await row(second, "scratch").getByText("Fresh", { exact: true }).waitFor({ timeout: workTime });
  assert.deepEqual(asked, []);
  await over(id);
  assert.equal(await streams(), 1);
  await first.context().close();
  await noStream();
});

test("when the tab with the stream closes another one takes it up, and goes on showing what happens", async () => {
  const first = await open("#/operations");
  await live(first);
  const second = await beside(first, "#/operations");
  await live(second);
  await oneStream();
  await first.close();
  await oneStream();
  await live(second);
  const id = await backUp();
  await second.goto(`${base}/#/operations/${id}`);
  await second.locator("li.operation.chosen").getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  await second.context().close();
  await noStream();
});

test("a service that starts anew is followed again, and what ended meanwhile is shown", async () => {
  const page = await open("#/operations");
  await live(page);
  const id = await backUp();
  await fetch(`${process.env.CONTROL}restart`, { method: "POST" });
  await live(page);
  await oneStream();
  await over(id);
  await page.goto(`${base}/#/operations/${id}`);
  await page.locator("li.operation.chosen").getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  await page.context().close();
  await noStream();
});

test("a browser that cannot share a stream reads every five seconds, and says so", async () => {
  const page = await open("#/operations");
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined }));
  await page.reload();
  await polled(page);
  await picture(page, "polled");
  const id = await backUp();
  await page.goto(`${base}/#/operations/${id}`);
  await page.locator("li.operation.chosen").getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  assert.equal(await streams(), 0);
  await page.context().close();
});

test("a stream that does not come is replaced by reading, until it comes", async () => {
  const page = await open("#/operations");
  await page.route("**/v1/events", (route) => route.abort());
  await page.reload();
  await polled(page);
  const id = await backUp();
  await page.goto(`${base}/#/operations/${id}`);
  await page.locator("li.operation.chosen").getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  await page.unroute("**/v1/events");
  await live(page);
  await page.context().close();
  await noStream();
});

test("events are read whatever pieces they come in, and comments are none", async () => {
  const page = await open();
  const seen = await page.evaluate(async () => {
    const { eventParser } = await import("/assets/js/event_reader.js");
    const text = "retry: 2500\n\n: \nid: 1.2.3\n\nid: 1.2.4\nevent: operation\ndata: {\"a\":\ndata: 1}\n\nevent: reset\r\ndata:x\r\n\r\nid\ndata\n\ndata: lost";
    return [1, 7, 1000].map((size) => {
      const got = [];
      const parser = eventParser({ event: (event) => got.push(event), retry: (time) => got.push(time) });
      for (let at = 0; at < text.length; at += size) parser.take(text.slice(at, at + size));
      return [...got, parser.id];
    });
  });
  for (const got of seen)
    assert.deepEqual(got, [2500, { name: "operation", data: "{\"a\":\n1}", id: "1.2.4" }, { name: "reset", data: "x", id: "1.2.4" },
      { name: "message", data: "", id: "" }, ""]);
  await page.context().close();
});

test("news are put where a later reading would show them", async () => {
  const page = await open();
  const seen = await page.evaluate(async () => {
    const { withOperation, withPlaces, withReading, withRow } = await import("/assets/js/merge.js");
    const list = [{ id: "c", created_at: "3" }, { id: "a", created_at: "1" }];
    const ids = (some) => some.map((each) => each.id + (each.phase ?? "") + (each.position ?? "")).join(" ");
    const ended = { id: "a", created_at: "1", phase: "Failed" };
    const running = { id: "a", created_at: "1", phase: "Running" };
    const queued = { id: "a", created_at: "1", phase: "Queued" };
    const inventory = { namespaces: [{ name: "ai", pvcs: [{ namespace: "ai", pvc: "b" }, { namespace: "ai", pvc: "d" }] }] };
    const rows = (some) => some.namespaces.flatMap((each) => each.pvcs.map((one) => `${each.name}/${one.pvc}${one.volume ?? ""}`)).join(" ");
    const gone = { namespace: "ai", pvc: "b", deleted: true };
    return {
      between: ids(withOperation(list, { id: "b", created_at: "2" })),
      newest: ids(withOperation(list, { id: "d", created_at: "3" })),
      known: ids(withOperation(list, { id: "a", created_at: "1", phase: "!" })),
      deleted: ids(withOperation(list, { id: "c", created_at: "3", deleted: true })),
      behind: ids(withOperation([ended], running)),
      again: ids(withOperation([ended], { ...running, created_at: "2" })),
      readBehind: ids(withReading([ended], [{ id: "b", created_at: "2" }, running])),
      readAgain: ids(withReading([running], [ended])),
      places: ids(withPlaces([{ ...queued, id: "b" }, { ...queued, position: 7 }, { ...running, id: "c" }],
        [{ ...queued, position: 2 }, { ...queued, id: "c", position: 1 }])),
      row: rows(withRow(inventory, { namespace: "ai", pvc: "c" }, false)),
      changed: rows(withRow(inventory, { namespace: "ai", pvc: "b", volume: "!" }, false)),
      other: rows(withRow(inventory, { namespace: "a", pvc: "x" }, false)),
      gone: rows(withRow(inventory, gone, true)),
      hidden: rows(withRow(inventory, { ...gone, health_reason: "fresh" }, false)),
      shown: rows(withRow(inventory, { ...gone, health_reason: "fresh" }, true)),
      last: rows(withRow(withRow(inventory, gone, false), { ...gone, pvc: "d" }, false)),
    };
  });
  assert.deepEqual(seen, { between: "c b a", newest: "d c a", known: "c a!", deleted: "a", behind: "aFailed", again: "aRunning",
    readBehind: "b aFailed", readAgain: "aFailed", places: "bQueued aQueued2 cRunning", row: "ai/b ai/c ai/d", changed: "ai/b! ai/d",
    other: "a/x ai/b ai/d", gone: "ai/d", hidden: "ai/d", shown: "ai/b ai/d", last: "" });
  await page.context().close();
});

test("no script failed and nothing was refused by the content security policy", () => assert.deepEqual(complaints, []));
