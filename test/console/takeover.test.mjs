// Who looks at a restore while the replica that carries it out dies sees how it ends.
//   CONTROL  POST to CONTROL + "begin" begins the restore and answers its id, once it waits for its data;
//            "kill" kills the replica that is at it, which is the one that the page reaches
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, complaints, open, picture, start, stop, workTime } from "./browser.mjs";

before(start);
after(stop);

const live = (page) => page.locator("#news", { hasText: "Live" }).waitFor({ timeout: workTime });
const lost = (page) => page.locator("#news", { hasText: "Every 5 s" }).waitFor({ timeout: workTime });

async function control(action) {
  const answer = await fetch(process.env.CONTROL + action, { method: "POST" });
  return answer.text();
}

test("a restore's page shows its end, whoever brings it about", async () => {
  const page = await open("#/operations");
  await live(page);
  const id = await control("begin");
  await page.goto(`${base}/#/operations/${id}`);
  const restore = page.locator("li.operation.chosen");
  await restore.getByText("Running", { exact: true }).waitFor({ timeout: workTime });
  await picture(page, "takeover-before");
  const cut = lost(page);
  await control("kill");
  await cut;
  await live(page);
  await picture(page, "takeover-live-again");
  await restore.getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  await picture(page, "takeover-after");
  assert.deepEqual(complaints, []);
  await page.context().close();
});
