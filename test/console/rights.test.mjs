// The console where Kubernetes' RBAC decides. USER may do everything in the namespace OWN, look at SEEN, and not know of
// HIDDEN. Each has one claim, data, with one backup.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { complaints, once, open, operation, picture, start, stop, workTime } from "./browser.mjs";

const { USER: user, OWN: own, SEEN: seen, HIDDEN: hidden } = process.env;
const as = (name, hash) => open(hash, { extraHTTPHeaders: { "X-Auth-Request-User": name, "X-Auth-Request-Groups": "staff" } });
const backUp = (page, namespace) => page.getByRole("button", { name: `Back up ${namespace}/data now` });

before(start);
after(stop);

test("only claims of namespaces that the caller may see are listed", async () => {
  const page = await as(user);
  await backUp(page, own).waitFor();
  await backUp(page, seen).waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), new RegExp(hidden));
});

test("where the caller may look only, backing up is switched off and says why", async () => {
  const page = await as(user);
  await page.locator("tr.group", { hasText: seen }).getByText("read only").waitFor();
  assert.ok(await backUp(page, seen).isDisabled());
  assert.match(await backUp(page, seen).getAttribute("title"), new RegExp(`may not back up in the namespace ${seen}`));
  assert.ok(await backUp(page, own).isEnabled());
  await picture(page, "rights");
});

test("in their own namespace the caller backs up", async () => {
  const page = await as(user);
  await backUp(page, own).click();
  await page.locator(".notice", { hasText: "has started" }).getByRole("link").click();
  await operation(page, `${own}/data`).getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
});

test("a restore elsewhere is refused in the dialog, before the click, and at home it works", async () => {
  const page = await as(user);
  await page.getByRole("button", { name: `Restore ${seen}/data` }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: "Restore", exact: true });
  await dialog.locator(".box.bad", { hasText: "create restores" }).waitFor();
  assert.ok(await confirm.isDisabled());
  await picture(page, "rights-restore");
  await dialog.getByLabel("Into namespace").fill(own);
  await dialog.getByLabel("As a new claim named").fill(`copy-${once}`);
  await dialog.locator(".plan", { hasText: `copy-${once}` }).waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog button[type=submit]").disabled);
  await confirm.click();
  await operation(page, `copy-${once}`).getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
});

test("who may see nothing is told so", async () => {
  const page = await as("eve");
  await page.getByText("There are no claims that you may see.").waitFor();
});

test("no script failed and nothing was refused by the content security policy", () => assert.deepEqual(complaints, []));
