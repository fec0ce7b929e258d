// The console in a real browser, against a running Soteria with the demo's claims (browser.mjs says how to run it).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { backUp, base, complaints, eventually, once, open, operation, picture, row, start, stop, workTime } from "./browser.mjs";

before(start);
after(stop);

test("the inventory shows every claim by namespace, with its health in a word", async () => {
  const page = await open();
  await row(page, "llm-cache").waitFor();
  const answer = await (await fetch(`${base}/v1/inventory`)).json();
  const claims = answer.namespaces.flatMap((each) => each.pvcs);
  assert.equal(await page.locator("tr.row").count(), claims.length);
  assert.deepEqual(await page.locator("tr.group th").evaluateAll((cells) => cells.map((cell) => cell.firstChild.textContent)),
    answer.namespaces.map((each) => each.name));
  assert.match(await row(page, "llm-cache").innerText(), /Fresh/);
  // restic's repository may be listed only now: the page asks again by itself.
  await eventually(async () => {
    const now = await (await fetch(`${base}/v1/inventory`)).json();
    const fresh = now.namespaces.flatMap((each) => each.pvcs).filter((each) => each.healthy).length;
    assert.match(await page.locator(".summary .fresh").innerText(), new RegExp(`^${fresh}\\s+Fresh`));
  });
  await picture(page, "inventory");
});

test("search and health narrow the inventory down", async () => {
  const page = await open();
  await row(page, "llm-cache").waitFor();
  await page.getByRole("searchbox").fill("databases postgres");
  assert.equal(await page.locator("tr.row").count(), await page.locator("tr.row", { hasText: "postgres" }).count());
  assert.ok((await page.locator("tr.row").count()) > 0);
  await page.getByRole("searchbox").fill("");
  await page.locator(".summary .attention").click();
  assert.equal(await page.locator("tr.row", { hasText: "Fresh" }).count(), 0);
});

test("a claim opens into its backups, by the keyboard alone", async () => {
  const page = await open();
  await row(page, "llm-cache").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  const name = page.getByRole("button", { name: "llm-cache", exact: true });
  await name.focus();
  await page.keyboard.press("Enter");
  await page.locator(".backups tbody tr").first().waitFor();
  assert.equal(await name.getAttribute("aria-expanded"), "true");
  const answer = await (await fetch(`${base}/v1/backups?namespace=ai&pvc=llm-cache`)).json();
  if (answer.backups.length > 8) await page.getByRole("button", { name: `Show all ${answer.backups.length}` }).click();
  assert.equal(await page.locator(".backups tbody tr").count(), answer.backups.length);
  await picture(page, "backups");
  await name.focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".panel:visible").count(), 0);
});

test("a claim that was never backed up is, at a click, and then fresh", async () => {
  const page = await open();
  const claim = row(page, "alertmanager");
  await claim.waitFor();
  await backUp(page, "monitoring/alertmanager");
  await page.locator(".notice", { hasText: "has started" }).waitFor();
  await claim.locator(".busy-cell:visible").waitFor();
  await picture(page, "backing-up");
  await claim.getByText("Fresh", { exact: true }).waitFor({ timeout: workTime });
  await page.waitForFunction(() => /Back up monitoring\/alertmanager: Succeeded/.test(document.getElementById("ends").textContent));
});

test("what restic could not read whole is shown as incomplete, and a restore of it is proved at a click", async () => {
  const page = await open();
  const name = page.getByRole("button", { name: "runner-home", exact: true });
  await name.click();
  await page.locator(".backups tbody tr", { hasText: "Incomplete" }).first().waitFor();
  assert.equal(await page.locator(".backups tbody tr", { hasText: "latest" }).getByText("Completed").count(), 1);
  await page.locator(".verdict", { hasText: "Never tested" }).waitFor();
  await page.getByRole("button", { name: "Test a restore of ci/runner-home" }).click();
  await page.locator(".verdict", { hasText: "Testing" }).waitFor();
  await picture(page, "restore-test");
  await page.locator(".verdict", { hasText: "Proved" }).waitFor({ timeout: workTime });
  const claims = (await (await fetch(`${base}/v1/inventory`)).json()).namespaces.flatMap((each) => each.pvcs);
  assert.ok(claims.find((each) => each.pvc === "runner-home").restore_verified_at);
  await page.goto(`${base}/#/operations`);
  const card = operation(page, "Test a restore of ci/runner-home");
  await card.getByText("Succeeded", { exact: true }).waitFor();
  assert.match(await card.innerText(), /restored and verified/);
});

test("a backup with restic that is not whole ends as incomplete and names the files", async () => {
  const page = await open();
  await page.getByRole("button", { name: "Back up ci/runner-home now" }).click(); // only one driver serves it: nothing is asked
  await page.locator(".notice", { hasText: "has started" }).getByRole("link").click();
  const card = operation(page, "Back up ci/runner-home");
  await card.getByText("Incomplete", { exact: true }).waitFor({ timeout: workTime });
  assert.match(await card.innerText(), /id_ed25519/);
});

test("one of two drivers is chosen for a backup, and its backups stand beside the other's", async () => {
  const page = await open();
  await page.getByRole("button", { name: "forgejo-data", exact: true }).waitFor();
  await backUp(page, "git/forgejo-data", "restic");
  await page.locator(".notice", { hasText: "has started" }).getByRole("link").click();
  const card = operation(page, "Back up git/forgejo-data");
  await card.getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  await page.goto(`${base}/#/inventory`);
  await page.getByRole("button", { name: "forgejo-data", exact: true }).click();
  const newest = page.locator(".backups tbody tr", { hasText: "latest" });
  await newest.getByText("restic", { exact: true }).waitFor();
  assert.ok(await page.locator(".backups tbody td", { hasText: /^Longhorn$/ }).count() > 0);
  await picture(page, "two-drivers");
});

test("a restore is shown before the click, refused where it would conflict, and done into a new claim", async () => {
  const page = await open();
  const target = `restore-llm-cache-${once}`;
  await row(page, "llm-cache").getByRole("button", { name: "Restore ai/llm-cache" }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: "Restore", exact: true });
  assert.equal(await dialog.getByLabel("As a new claim named").inputValue(), "restore-llm-cache");
  await dialog.getByLabel("As a new claim named").fill("embeddings");
  await dialog.locator(".box.bad").waitFor();
  assert.match(await dialog.locator(".box.bad").innerText(), /embeddings/);
  assert.ok(await confirm.isDisabled());
  await picture(page, "conflict");
  await dialog.getByLabel("As a new claim named").fill("Not A Name");
  await dialog.locator(".box.bad", { hasText: "Not A Name" }).waitFor();
  await dialog.getByLabel("As a new claim named").fill(target);
  await dialog.locator(".plan li").first().waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog button[type=submit]").disabled);
  assert.ok((await dialog.locator(".plan li").count()) >= 4);
  await picture(page, "plan");
  await confirm.click();

  await page.waitForURL(/#\/operations\/restore\./);
  const card = operation(page, target);
  await card.locator("progress").waitFor();
  await picture(page, "restoring");
  await card.getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  await picture(page, "restored");
  await page.getByRole("link", { name: "Inventory" }).click();
  await row(page, target).waitFor();
});

test("a restore that is stopped takes back what it made", async () => {
  const page = await open();
  const target = `stopped-${once}`;
  await row(page, "embeddings").getByRole("button", { name: "Restore ai/embeddings" }).click();
  await page.getByRole("dialog").getByLabel("As a new claim named").fill(target);
  await page.getByRole("dialog").locator(".plan", { hasText: target }).waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog button[type=submit]").disabled);
  await page.getByRole("dialog").getByRole("button", { name: "Restore", exact: true }).click();
  const card = operation(page, target);
  await card.getByRole("button", { name: /^Stop/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop it" }).click();
  await card.getByText("Cancelled", { exact: true }).waitFor({ timeout: workTime });
  const answer = await (await fetch(`${base}/v1/inventory`)).json();
  assert.ok(!answer.namespaces.flatMap((each) => each.pvcs).some((each) => each.pvc === target), `${target} is still there`);
});

test("a restore whose answer got lost is asked for again, and made once", async () => {
  const page = await open();
  const target = `lost-${once}`;
  let lost = 0;
  await page.route("**/v1/restores", async (route) => {
    if (lost > 0 || route.request().postDataJSON().dry_run) return route.continue();
    lost += 1;
    await route.fetch(); // it arrives, and its answer does not
    return route.abort();
  });
  await row(page, "embeddings").getByRole("button", { name: "Restore ai/embeddings" }).click();
  await page.getByRole("dialog").getByLabel("As a new claim named").fill(target);
  await page.getByRole("dialog").locator(".plan", { hasText: target }).waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog button[type=submit]").disabled);
  await page.getByRole("dialog").getByRole("button", { name: "Restore", exact: true }).dblclick();
  await page.waitForURL(/#\/operations\/restore\./);
  const { operations } = await (await fetch(`${base}/v1/operations?namespace=ai&pvc=${target}`)).json();
  assert.equal(lost, 1);
  assert.equal(operations.length, 1);
  await operation(page, target).getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
});

test("the dialog closes on Escape and gives the focus back", async () => {
  const page = await open();
  const button = row(page, "llm-cache").getByRole("button", { name: "Restore ai/llm-cache" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Restore ai/llm-cache");
});

test("an operation has an address, also one that is not there", async () => {
  const { operations } = await (await fetch(`${base}/v1/operations?limit=1`)).json();
  const page = await open(`#/operations/${operations[0].id}`);
  await page.locator("li.operation.chosen .steps").waitFor();
  await page.goto(`${base}/#/operations/backup.ai.never-was`);
  await page.locator(".box.bad:visible").waitFor();
});

test("narrow screens and 200 % zoom need no sideways scrolling", async () => {
  for (const width of [360, 640]) {
    const page = await open("", { viewport: { width, height: 800 } });
    await row(page, "llm-cache").waitFor();
    const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(await sideways(), 0, `the inventory at ${width} px`);
    await picture(page, `narrow-${width}`);
    await page.goto(`${base}/#/operations`);
    await page.locator("li.operation").first().waitFor();
    assert.equal(await sideways(), 0, `the operations at ${width} px`);
  }
});

test("the dark is dark", async () => {
  const page = await open("", { colorScheme: "dark" });
  await row(page, "llm-cache").waitFor();
  const [red] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
  assert.ok(red < 60);
  await picture(page, "dark");
});

test("a service that does not answer is said, and the page comes back by itself", async () => {
  const page = await open();
  await row(page, "llm-cache").waitFor();
  await page.route("**/v1/**", (route) => route.abort());
  await page.reload(); // the stream that is open would go on
  await page.locator("#banner:visible", { hasText: "does not answer" }).waitFor({ timeout: 20_000 });
  await page.unroute("**/v1/**");
  await page.locator("#banner").waitFor({ state: "hidden", timeout: 20_000 });
});

test("no script failed and nothing was refused by the content security policy", () => assert.deepEqual(complaints, []));
