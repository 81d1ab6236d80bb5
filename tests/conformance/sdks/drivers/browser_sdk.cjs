// Tells one buyer's story through a browser SDK in pages of a real browser, once for every case:
// browser_sdk.cjs PACKAGE CASES, with CHROMIUM naming the browser. The pages stay open until standard input ends.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { chromium } = require("playwright-core");

const [name, said] = process.argv.slice(2);
const ROOT = path.dirname(require.resolve("playwright-core/package.json")) + "/..";

const SCRIPTS = {
  "@segment/analytics-next": "@segment/analytics-next/dist/umd/index.js",
  "@rudderstack/analytics-js": "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
};

// Runs in the page, which knows the SDK by what its script defines.
const TELL = {
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

// A shop's page: another origin than the API's, so that every call is asked for before it is sent.
function shop() {
  const page = `<!doctype html><meta charset="utf-8"><title>Shop</title><script src="/${SCRIPTS[name]}"></script>`;
  const server = http.createServer((request, response) => {
    const file = path.join(ROOT, path.normalize(request.url.split("?")[0]));
    const isScript = file.endsWith(".js") && fs.existsSync(file);
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? fs.readFileSync(file) : page);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
}

async function main() {
  const port = await shop();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  for (const one of JSON.parse(said)) {
    const page = await (await browser.newContext()).newPage();
    if (process.env.VERBOSE) page.on("console", (message) => console.error(message.text()));
    await page.goto(`http://127.0.0.1:${port}/tea?utm_source=news`);
    await page.evaluate(TELL[name], one);
  }
  process.stdin.resume();
  await new Promise((done) => process.stdin.on("end", done));
  await browser.close();
  process.exit(0);
}

main();
