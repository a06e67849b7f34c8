#!/usr/bin/env bash
# Expected: minLength and maxLength of a JSON Schema count characters (Unicode code points, as the
#   specification says and ajv does), in the editor as in CI.
# Happens:  yaml-language-server counts UTF-16 units, so one emoji is two: with maxLength 1 it
#   underlines one emoji as too long, and with minLength 2 it lets it pass.
# Matters:  a file that CI takes is underlined in every editor with this server (VS Code's YAML extension
#   is one), and one that CI refuses is not. Limits on texts with emoji need room, or another check.
# yaml-language-server 1.25.0, ajv 8.20.0, Node 18 or newer, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --ignore-scripts --no-audit --no-fund --silent yaml-language-server@1.25.0 ajv@8.20.0
cat >main.mjs <<'EOS'
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import Ajv from "ajv";

const server = spawn("node", ["node_modules/yaml-language-server/bin/yaml-language-server", "--stdio"]);
const answers = new Map(); // by the number of a request, or by the address of a file
let input = Buffer.alloc(0);
server.stdout.on("data", (chunk) => {
  input = Buffer.concat([input, chunk]);
  for (;;) {
    const head = /^Content-Length: (\d+)[^]*?\r\n\r\n/.exec(input.toString("latin1"));
    if (!head || input.length < head[0].length + Number(head[1])) return;
    const m = JSON.parse(input.subarray(head[0].length, head[0].length + Number(head[1])));
    input = input.subarray(head[0].length + Number(head[1]));
    if (m.method && m.id !== undefined) {
      send({ id: m.id, result: m.params?.items?.map(() => ({})) ?? null });
    } else if (m.method === "textDocument/publishDiagnostics") {
      answers.get(m.params.uri)?.(m.params.diagnostics.map((d) => d.message));
    } else answers.get(m.id)?.(m.result);
  }
});
function send(message) {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
const answer = (to) => new Promise((resolve) => answers.set(to, resolve));

const root = `file://${process.cwd()}`;
const ready = answer(1);
send({ id: 1, method: "initialize", params: { processId: process.pid, rootUri: root, capabilities: {} } });
await ready;
send({ method: "initialized", params: {} });
const settings = { yaml: { validate: true, schemaStore: { enable: false } } };
send({ method: "workspace/didChangeConfiguration", params: { settings } });

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
console.log(`yaml-language-server ${version("yaml-language-server")}, ajv ${version("ajv")}, Node ${process.version}`);
console.log("expected: both say the same of one emoji");
let changed = false;
for (const [name, limit, right] of [["maxLength", 1, true], ["minLength", 2, false]]) {
  const schema = { type: "object", properties: { title: { type: "string", [name]: limit } } };
  writeFileSync(`${name}.json`, JSON.stringify(schema));
  const uri = `${root}/${name}.yaml`;
  const told = answer(uri);
  const text = `# yaml-language-server: $schema=${name}.json\ntitle: 🎮\n`;
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
  const faults = await told;
  const ajv = new Ajv().validate(schema, { title: "🎮" });
  console.log(`seen:     ${name} ${limit}: ajv ${ajv ? "valid" : "invalid"}, editor ${faults.join(" ") || "valid"}`);
  changed ||= ajv !== right || (faults.length === 0) === right;
}
server.kill();
if (changed) console.log("CHANGED: lengths are counted differently now");
process.exit(changed ? 1 : 0);
EOS
node main.mjs
