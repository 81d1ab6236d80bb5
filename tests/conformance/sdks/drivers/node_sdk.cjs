// Sends the messages of one buyer through a Node SDK, for each case: node_sdk.cjs PACKAGE CASES, with the cases as JSON.
// NODE_PATH names the folder of the packages.
"use strict";

const [packageName, casesText] = process.argv.slice(2);

function buildMessages(user) {
  return {
    identify: { userId: user, anonymousId: `anonymous-${user}`, traits: { email: `${user}@example.com` } },
    track: {
      userId: user,
      event: "Order Completed",
      properties: { order_id: user, total: 12.5, currency: "EUR" },
    },
    page: { userId: user, category: "Shop", name: "Home" },
    screen: { userId: user, category: "Shop", name: "Main" },
    group: { userId: user, groupId: "company", traits: { plan: "small" } },
    alias: { userId: user, previousId: `before-${user}` },
  };
}

// Resolves when every message is delivered or abandoned.
function sendWithCallbacks(client, user) {
  const calls = Object.entries(buildMessages(user)).map(
    ([kind, message]) => new Promise((resolve) => client[kind](message, resolve)),
  );
  return Promise.all(calls);
}

const SEND_MESSAGES = {
  "@segment/analytics-node": ({ host, key, user, timeoutSeconds }) => {
    const { Analytics } = require(packageName);
    const client = new Analytics({ writeKey: key, host, httpRequestTimeout: timeoutSeconds * 1000 });
    for (const [kind, message] of Object.entries(buildMessages(user))) client[kind](message);
    return client.closeAndFlush();
  },
  "analytics-node": ({ host, key, user }) => {
    const Analytics = require(packageName);
    return sendWithCallbacks(new Analytics(key, { host, flushInterval: 200 }), user);
  },
  "@rudderstack/rudder-sdk-node": ({ host, key, user }) => {
    const Analytics = require(packageName);
    const client = new (Analytics.default ?? Analytics)(key, { dataPlaneUrl: host, flushInterval: 200 });
    return sendWithCallbacks(client, user);
  },
};

Promise.all(JSON.parse(casesText).map(SEND_MESSAGES[packageName])).then(() => process.exit(0));
