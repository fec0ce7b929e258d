// A browser for the console's tests, and what they look for in its pages.
//   SOTERIA_URL          the address of a running Soteria, http://127.0.0.1:8080
//   SOTERIA_PLAYWRIGHT   the folder whose node_modules holds playwright-core (test/tools/playwright prints it)
//   SOTERIA_CHROMIUM     /usr/bin/chromium
//   SOTERIA_SCREENSHOTS  a folder; pictures of the main states are left there
import { createRequire } from "node:module";
import path from "node:path";

export const base = process.env.SOTERIA_URL;
const tools = process.env.SOTERIA_PLAYWRIGHT;
if (!base || !tools) throw new Error("set SOTERIA_URL and SOTERIA_PLAYWRIGHT; the head of browser.mjs says to what");
const { chromium } = createRequire(path.join(path.resolve(tools), "/"))("playwright-core");

export const workTime = 120_000; // a backup or a restore of the demo takes up to 20 s, on a busy machine longer
export const once = Date.now().toString(36); // names that no earlier run has taken

/** What the browser said on its own: script errors, refused by the content security policy. */
export const complaints = [];

let browser;

export async function start() {
  browser = await chromium.launch({
    executablePath: process.env.SOTERIA_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
}

export const stop = () => browser?.close();

export async function open(hash = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.stack));
  // A refused dry run is logged by the browser as a failed load; it is an answer like any other here.
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && complaints.push(message.text()));
  await page.goto(`${base}/${hash}`);
  return page;
}

export async function picture(page, name) {
  if (process.env.SOTERIA_SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SOTERIA_SCREENSHOTS, `${name}.png`) });
}

/** Until `check` does not throw any more; what it threw last, when its time is over. */
export async function eventually(check, time = 30_000) {
  for (const end = Date.now() + time; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= end) throw error;
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
}

export const row = (page, claim) => page.locator("tr.row", { has: page.getByRole("button", { name: claim, exact: true }) });
export const operation = (page, title) => page.locator("li.operation", { hasText: title }).first();

/** Where two drivers serve a claim, the click asks which. */
export async function backUp(page, claim, driver = "Longhorn") {
  await page.getByRole("button", { name: `Back up ${claim} now` }).click();
  const dialog = page.getByRole("dialog", { name: `Back up ${claim}` });
  await dialog.getByRole("radio", { name: driver }).check();
  await dialog.getByRole("button", { name: "Back up", exact: true }).click();
}
