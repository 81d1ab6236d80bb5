// Tells one buyer's story through a Node SDK, once for every case: node_sdk.cjs PACKAGE CASES.
// Packages are found by NODE_PATH.
"use strict";

const [name, said] = process.argv.slice(2);

function story(user) {
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

// Resolves when every message was delivered or given up.
function withCallbacks(client, user) {
  const calls = Object.entries(story(user)).map(
    ([kind, message]) => new Promise((done) => client[kind](message, done)),
  );
  return Promise.all(calls);
}

const TELL = {
  "@segment/analytics-node": ({ host, key, user, patience }) => {
    const { Analytics } = require(name);
    const client = new Analytics({ writeKey: key, host, httpRequestTimeout: patience * 1000 });
    for (const [kind, message] of Object.entries(story(user))) client[kind](message);
    return client.closeAndFlush();
  },
  "analytics-node": ({ host, key, user }) => {
    const Analytics = require(name);
    return withCallbacks(new Analytics(key, { host, flushInterval: 200 }), user);
  },
  "@rudderstack/rudder-sdk-node": ({ host, key, user }) => {
    const Analytics = require(name);
    const client = new (Analytics.default ?? Analytics)(key, { dataPlaneUrl: host, flushInterval: 200 });
    return withCallbacks(client, user);
  },
};

Promise.all(JSON.parse(said).map(TELL[name])).then(() => process.exit(0));
