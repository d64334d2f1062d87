// A small static server for the page: `npm run web [-- --port N] [--host NAME]`.
import { rmSync } from "node:fs";
import { mkdtemp, open, realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { isMain } from "../is-main.mjs";
import { badArgument, inOneLine } from "../one-line.mjs";
import { buildPage } from "./build.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".map": "application/json",
  ".safetensors": "application/octet-stream",
};

/**
 * The file that a request's path names, opened, or null: nothing outside of `folder`, by dots, encodings or links.
 * @returns {Promise<{ path: string, size: number, handle: import("node:fs/promises").FileHandle } | null>}
 */
async function fileFor(folder, url) {
  try {
    const path = decodeURIComponent(url.split("?")[0]);
    if (path.includes("\0")) return null;
    const root = await realpath(folder);
    const real = await realpath(join(root, path.endsWith("/") ? `${path}index.html` : path));
    if (!real.startsWith(root + sep)) return null;
    const stats = await stat(real);
    return stats.isFile() ? { path: real, size: stats.size, handle: await open(real) } : null;
  } catch {
    return null; // no such file, or no such path, or not ours to read
  }
}

async function answer(folder, request, response) {
  const refuse = (code, text) => response.writeHead(code, { "Content-Type": "text/plain" }).end(`${text}\n`);
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "only GET and HEAD");
  const file = await fileFor(folder, request.url ?? "/");
  if (!file) return refuse(404, "not found");
  const { path, size, handle } = file;
  response.writeHead(200, {
    "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
    "Content-Length": size,
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
  });
  if (request.method === "HEAD" || size === 0) {
    response.end();
    return handle.close();
  }
  // Closes the file also where whoever asked goes away half-way, which is no error of ours.
  await pipeline(handle.createReadStream({ start: 0, end: size - 1 }), response).catch(() => response.destroy());
}

/** Serves a folder. @returns the listening server; port 0 takes a free one */
export async function serve({ folder, port = 0, host = "127.0.0.1" }) {
  const root = resolve(folder);
  const server = createServer((request, response) => answer(root, request, response));
  await new Promise((done, failed) => server.once("error", failed).listen(port, host, done));
  return server;
}

/** @throws an error in one line for a port that is none */
function portFrom(text) {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65535) return port;
  throw badArgument(`--port ${text}: expected a whole number from 0 (any free port) to 65535`);
}

/** A build of this server's own: whatever else is built, or served, while it runs is no concern of it. */
async function ownBuild() {
  const home = await mkdtemp(join(tmpdir(), "nsrm-web-"));
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])
    process.on(signal, () => process.exit(code));
  await buildPage(home);
  return home;
}

async function main() {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "8460" }, host: { type: "string", default: "127.0.0.1" } },
  });
  const { host } = values;
  const port = portFrom(values.port);
  const folder = await ownBuild();
  const server = await serve({ folder, port, host }).catch((error) => {
    const hint = "take another: npm run web -- --port N";
    if (error.syscall) error.message = `cannot listen on ${host}:${port}: ${error.message}; ${hint}`;
    throw error;
  });
  console.log(`http://${host}:${server.address().port}/  (Ctrl-C ends it)`);
}

if (isMain(import.meta)) await inOneLine("web", main);
