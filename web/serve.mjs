// A small static server for the page: `npm run web [-- --port N] [--host NAME]`.
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { isMain } from "../is-main.mjs";
import { buildPage } from "./build.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".map": "application/json",
  ".safetensors": "application/octet-stream",
};

/** The file that a request's path names, with its size, or null: nothing outside of `root`, by dots, encodings or links. */
async function fileFor(root, url) {
  try {
    const path = decodeURIComponent(url.split("?")[0]);
    if (path.includes("\0")) return null;
    const asked = join(root, path.endsWith("/") ? `${path}index.html` : path);
    const real = await realpath(asked);
    if (!real.startsWith(root + sep)) return null;
    const stats = await stat(real);
    return stats.isFile() ? { path: real, size: stats.size } : null;
  } catch {
    return null; // no such file, or no such path
  }
}

/** Serves a folder. @returns the listening server; port 0 takes a free one */
export async function serve({ folder, port = 0, host = "127.0.0.1" }) {
  const root = await realpath(resolve(folder));
  const server = createServer(async (request, response) => {
    const refuse = (code, text) => response.writeHead(code, { "Content-Type": "text/plain" }).end(`${text}\n`);
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "only GET and HEAD");
    const file = await fileFor(root, request.url ?? "/");
    if (!file) return refuse(404, "not found");
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file.path)] ?? "application/octet-stream",
      "Content-Length": file.size,
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    });
    if (request.method === "HEAD") return response.end();
    createReadStream(file.path)
      .on("error", () => response.destroy())
      .pipe(response);
  });
  await new Promise((done, failed) => server.once("error", failed).listen(port, host, done));
  return server;
}

if (isMain(import.meta)) {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "8460" }, host: { type: "string", default: "127.0.0.1" } },
  });
  await buildPage();
  try {
    const server = await serve({ folder: "dist/web", port: Number(values.port), host: values.host });
    console.log(`http://${values.host}:${server.address().port}/  (Ctrl-C ends it)`);
  } catch (error) {
    console.error(`cannot listen on ${values.host}:${values.port}: ${error.message}; choose another by -- --port N`);
    process.exitCode = 2;
  }
}
