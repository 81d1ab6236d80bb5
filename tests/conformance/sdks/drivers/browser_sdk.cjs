// Sends the messages of one buyer through a browser SDK in the pages of a real browser, for each case:
// browser_sdk.cjs PACKAGE CASES, with the cases as JSON. CHROMIUM names the browser. The pages stay open until standard
// input ends.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { chromium } = require("playwright-core");

const [packageName, casesText] = process.argv.slice(2);
const PACKAGES_FOLDER = path.dirname(require.resolve("playwright-core/package.json")) + "/..";

const SCRIPT_PATHS = {
  "@segment/analytics-next": "@segment/analytics-next/dist/umd/index.js",
  "@rudderstack/analytics-js": "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
};

// These functions run in the page, and use the global object that the script of the SDK defines.
const SEND_MESSAGES = {
  "@segment/analytics-next": async ({ host, key, user, options }) => {
    const { AnalyticsBrowser } = window.AnalyticsNext;
    const analytics = AnalyticsBrowser.load({ writeKey: key, cdnURL: host }, options);
    analytics.identify(user, { email: `${user}@example.com` });
    analytics.track("Order Completed", { order_id: user, total: 12.5, currency: "EUR" });
    analytics.page("Shop", "Home");
    analytics.screen("Shop", "Main");
    analytics.group("company", { plan: "small" });
    analytics.alias(user, `before-${user}`);
  },
  "@rudderstack/analytics-js": async ({ host, key, user, options }) => {
    const { RudderAnalytics } = window.rudderanalytics ?? window;
    const analytics = new RudderAnalytics();
    analytics.load(key, host, { configUrl: host, ...options });
    analytics.identify(user, { email: `${user}@example.com` });
    analytics.track("Order Completed", { order_id: user, total: 12.5, currency: "EUR" });
    analytics.page("Shop", "Home");
    analytics.group("company", { plan: "small" });
    analytics.alias(user, `before-${user}`);
  },
};

// Serves the page of a shop. Its origin differs from the API's, so the browser sends a preflight before each call.
function serveShop() {
  const script = SCRIPT_PATHS[packageName];
  const page = `<!doctype html><meta charset="utf-8"><title>Shop</title><script src="/${script}"></script>`;
  const server = http.createServer((request, response) => {
    const file = path.join(PACKAGES_FOLDER, path.normalize(request.url.split("?")[0]));
    const isScript = file.endsWith(".js") && fs.existsSync(file);
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? fs.readFileSync(file) : page);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

async function main() {
  const port = await serveShop();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  for (const sdkCase of JSON.parse(casesText)) {
    const page = await (await browser.newContext()).newPage();
    if (process.env.VERBOSE) page.on("console", (message) => console.error(message.text()));
    await page.goto(`http://127.0.0.1:${port}/tea?utm_source=news`);
    await page.evaluate(SEND_MESSAGES[packageName], sdkCase);
  }
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.on("end", resolve));
  await browser.close();
  process.exit(0);
}

main();
