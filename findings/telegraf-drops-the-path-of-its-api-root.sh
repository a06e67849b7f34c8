#!/usr/bin/env bash
# Expected: with apiRoot http://host/telegram every call goes to http://host/telegram/bot…, as with
#   other libraries that have such a setting.
# Happens:  the last part of the path is dropped without a word: calls go to http://host/bot…, since
#   "./bot…" is resolved against apiRoot as a relative link. Only a slash at the end keeps the path.
# Matters:  behind a proxy with a path prefix, or a Bot API server below one, every call is a 404 whose
#   text is that of a wrong token. The token also goes to the server at the host's root.
# telegraf 4.16.3, Node 18 or newer, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --ignore-scripts --no-audit --no-fund --silent telegraf@4.16.3
cat >main.mjs <<'EOF'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Telegraf } from "telegraf";

const seen = [];
const server = createServer((req, res) => {
  seen.push(req.url);
  res.setHeader("Content-Type", "application/json");
  res.end('{"ok":true,"result":{}}');
});
await new Promise((started) => server.listen(0, "127.0.0.1", started));
const host = `http://127.0.0.1:${server.address().port}`;
for (const apiRoot of [`${host}/telegram`, `${host}/telegram/`]) {
  await new Telegraf("1:x", { telegram: { apiRoot, agent: null } }).telegram.getMe();
}
server.close();

const { version } = JSON.parse(readFileSync("node_modules/telegraf/package.json"));
console.log(`telegraf ${version}, Node ${process.version}`);
console.log("expected: /telegram/bot1:x/getMe for both");
console.log(`seen:     ${seen[0]} for …/telegram`);
console.log(`          ${seen[1]} for …/telegram/`);
if (seen[0] !== "/bot1:x/getMe" || seen[1] !== "/telegram/bot1:x/getMe") {
  console.log("CHANGED: apiRoot is joined differently now");
  process.exit(1);
}
process.exit(0);
EOF
node main.mjs
