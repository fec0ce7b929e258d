// The console shows what is, also where its events do not tell it, or do not come.
//   CONTROL   POST to CONTROL + "hold": backups that begin from now on stand still, until POST to CONTROL + "release"
// One backup runs at a time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, complaints, eventually, open, operation, picture, start, stop, workTime } from "./browser.mjs";

before(start);
after(stop);

const control = (name) => fetch(`${process.env.CONTROL}${name}`, { method: "POST" });
const live = (page) => page.locator("#news", { hasText: "Live" }).waitFor({ timeout: workTime });
const polled = (page) => page.locator("#news", { hasText: "Every 5 s" }).waitFor({ timeout: workTime });
const says = (page, title, words) => operation(page, title).getByText(words).waitFor({ timeout: workTime });

async function post(path, body) {
  const answer = await fetch(base + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}
const backUp = async (namespace, pvc) => (await post("/v1/backup", { namespace, pvc })).operation;

test("places in the queue are kept up to date, though no event tells them", async () => {
  const page = await open("#/operations");
  await live(page);
  await control("hold");
  await backUp("ai", "scratch");
  await says(page, "Back up ai/scratch", /^Running$/);
  const next = await backUp("ai", "llm-cache");
  await says(page, "Back up ai/llm-cache", /^Next in the queue/);
  await backUp("web", "data");
  await says(page, "Back up web/data", /^(2nd|Next) in the queue/);
  await picture(page, "queued");
  await post(`/v1/operations/${next}/cancel`);
  await says(page, "Back up ai/llm-cache", /^Cancelled$/);
  await says(page, "Back up web/data", /^Next in the queue/);
  await control("release");
  await says(page, "Back up web/data", /^Succeeded$/);
  await page.context().close();
});

test("where something on the way keeps the stream's events back, the page does not call itself live, and reads", async () => {
  const page = await open("#/operations");
  await page.addInitScript(() => {
    const real = window.fetch;
    window.fetch = (path, options) => (path === "/v1/events"
      ? Promise.resolve(new Response(new ReadableStream({}), { headers: { "Content-Type": "text/event-stream" } })) : real(path, options));
  });
  await page.reload();
  const id = await backUp("ai", "scratch");
  await page.goto(`${base}/#/operations/${id}`);
  await page.locator("li.operation.chosen").getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  assert.equal(await page.locator("#news", { hasText: "Live" }).count(), 0);
  await page.context().close();
});

test("a tab whose events come through another one that stands still reads for itself", async () => {
  const first = await open("readyz");
  await first.evaluate(() => navigator.locks.request("soteria-events", () => new Promise(() => {})) && null);
  const second = await first.context().newPage();
  await second.clock.install();
  await second.goto(`${base}/#/operations`);
  const tell = (message) => first.evaluate((told) => { (window.channel ??= new BroadcastChannel("soteria-events")).postMessage(told); }, message);
  await eventually(async () => {
    await tell({ kind: "open" });
    await second.locator("#news", { hasText: "Live" }).waitFor({ timeout: 1000 });
  });
  await second.clock.fastForward(41_000);
  await polled(second);
  await tell({ kind: "heard" });
  await live(second);
  await first.context().close();
});

test("claims that are gone are asked for, also where the inventory is just being read", async () => {
  const page = await open();
  await live(page);
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route("**/v1/inventory", async (route) => held.then(() => route.continue()));
  const reading = page.waitForRequest("**/v1/inventory");
  await page.reload();
  await reading;
  const wanted = page.waitForRequest("**/v1/inventory?deleted=true", { timeout: workTime });
  await page.getByLabel("Show claims that are gone").check();
  letGo();
  await wanted;
  await page.context().close();
});

test("no script failed and nothing was refused by the content security policy", () => assert.deepEqual(complaints, []));
