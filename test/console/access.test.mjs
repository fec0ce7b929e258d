// The console of a Soteria that lets only members of maintenance in, as the proxy in front tells it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { backUp, complaints, once, open, operation, picture, row, start, stop, workTime } from "./browser.mjs";

const nobody = {};
const member = { "X-Auth-Request-User": "brad", "X-Auth-Request-Groups": "/maintenance, night" };
const stranger = { "X-Auth-Request-User": "eve", "X-Auth-Request-Groups": "night" };
const as = (headers, hash) => open(hash, { extraHTTPHeaders: headers });
const reference = /Request [0-9a-f]{16}/;

before(start);
after(stop);

test("who is not signed in sees a page that says so, with the request's id", async () => {
  const page = await as(nobody);
  assert.equal(await page.locator("h1").innerText(), "You are not signed in");
  assert.match(await page.locator("main").innerText(), /No identity/);
  assert.match(await page.locator("main").innerText(), reference);
  await picture(page, "not-signed-in");
});

test("who is in none of the groups sees a page that names their groups", async () => {
  const page = await as(stranger);
  assert.equal(await page.locator("h1").innerText(), "You may not use this service");
  assert.match(await page.locator("main").innerText(), /groups: night/);
  await page.context().setExtraHTTPHeaders(member);
  await page.getByRole("link", { name: "Try again" }).click();
  await row(page, "llm-cache").waitFor();
});

test("a member backs up, and the operation says who asked", async () => {
  const page = await as(member);
  await backUp(page, "ai/scratch");
  await page.locator(".notice", { hasText: "has started" }).getByRole("link").click();
  assert.equal(await page.locator("#who").innerText(), "brad (maintenance, night)");
  const card = operation(page, "ai/scratch");
  await card.getByText("Succeeded", { exact: true }).waitFor({ timeout: workTime });
  assert.match(await card.innerText(), /brad/);
});

test("a member restores and stops the restore", async () => {
  const page = await as(member);
  const target = `signed-in-${once}`;
  await row(page, "llm-cache").getByRole("button", { name: "Restore ai/llm-cache" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("As a new claim named").fill(target);
  await dialog.locator(".plan", { hasText: target }).waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog button[type=submit]").disabled);
  await dialog.getByRole("button", { name: "Restore", exact: true }).click();
  const card = operation(page, target);
  await card.getByRole("button", { name: /^Stop/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop it" }).click();
  await card.getByText("Cancelled", { exact: true }).waitFor({ timeout: workTime });
});

test("a refusal after the click is told in words, with the request's id", async () => {
  const page = await as(member);
  const button = row(page, "notebooks").getByRole("button", { name: "Back up ai/notebooks now" });
  await button.waitFor();
  await page.context().setExtraHTTPHeaders(stranger);
  await backUp(page, "ai/notebooks");
  const notice = page.locator(".notice.bad");
  await notice.waitFor();
  assert.match(await notice.innerText(), /ai\/notebooks was not backed up/);
  assert.match(await notice.innerText(), /groups: night/);
  assert.match(await notice.innerText(), reference);
  await picture(page, "refused");
});

test("who is signed out meanwhile is told how to sign in again", async () => {
  const page = await as(member);
  await row(page, "llm-cache").waitFor();
  await page.context().setExtraHTTPHeaders(nobody);
  const banner = page.locator("#banner:visible", { hasText: "not signed in any more" });
  await banner.waitFor({ timeout: 20_000 });
  assert.match(await banner.innerText(), reference);
  await picture(page, "signed-out");
  await page.context().setExtraHTTPHeaders(member);
  await banner.getByRole("button", { name: "Sign in again" }).click();
  await row(page, "llm-cache").waitFor();
  await page.locator("#banner").waitFor({ state: "hidden" });
});

test("no script failed and nothing was refused by the content security policy", () => assert.deepEqual(complaints, []));
