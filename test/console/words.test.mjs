// What the console says of operations. SAID: {operation's id: words that stand on its page}.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { complaints, open, picture, start, stop } from "./browser.mjs";

before(start);
after(stop);

// The console begins a sentence with a capital and ends it.
const plain = (text) => text.replaceAll(/\s+/g, " ").toLowerCase();

for (const [id, words] of Object.entries(JSON.parse(process.env.SAID))) {
  test(`${id}: ${words}`, async () => {
    const page = await open(`#/operations/${id}`);
    const card = page.locator("li.operation.chosen");
    await card.locator(".steps").waitFor();
    await picture(page, `words-${id}`);
    const said = plain(await card.innerText());
    assert.ok(said.includes(plain(words)), `the page says: ${said}`);
    assert.deepEqual(complaints, []);
    await page.close();
  });
}
