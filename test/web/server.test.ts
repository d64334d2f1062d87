import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pageScript } from "../helpers/browser";

const test = suite("web: server");
const home = mkdtempSync(join(tmpdir(), "nsrm-serve-"));
let server: Server;

test.before(async () => {
  mkdirSync(join(home, "public", "inner"), { recursive: true });
  writeFileSync(join(home, "public", "index.html"), "<p>the page");
  writeFileSync(join(home, "public", "inner", "a b.js"), "1");
  writeFileSync(join(home, "secret.txt"), "secret");
  mkdirSync(join(home, "public-too"));
  writeFileSync(join(home, "public-too", "secret.txt"), "secret");
  symlinkSync(join(home, "secret.txt"), join(home, "public", "link.txt"));
  const { serve } = await pageScript<{ serve(o: { folder: string }): Promise<Server> }>("web/serve.mjs");
  server = await serve({ folder: join(home, "public") });
});
test.after(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

/** Sends a request as it stands: fetch would tidy its path up. */
function ask(path: string, method = "GET"): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((done, failed) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    });
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    socket.on("error", failed);
    socket.on("close", () => done(text));
  });
}

test("files, the folder's index, HEAD", async () => {
  assert.match(await ask("/"), /^HTTP\/1.1 200 [\s\S]*text\/html[\s\S]*<p>the page$/);
  assert.match(await ask("/inner/a%20b.js?x=1"), /^HTTP\/1.1 200 [\s\S]*text\/javascript[\s\S]*\n1$/);
  const head = await ask("/index.html", "HEAD");
  assert.match(head, /^HTTP\/1.1 200 [\s\S]*Content-Length: 11/);
  assert.not.match(head, /the page/);
});

test("nothing from outside of the folder, by whatever path", async () => {
  const paths = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/inner/../../secret.txt",
    "/inner/..%5c..%5csecret.txt",
    "//secret.txt",
    "/../public-too/secret.txt",
    "/link.txt",
    "/index.html%00.txt",
    "/%",
    "/inner",
    "/nothing.txt",
    "http://[/secret.txt",
    `/${"../".repeat(20)}etc/hostname`,
  ];
  for (const path of paths) {
    const answer = await ask(path);
    assert.match(answer, /^HTTP\/1.1 40[04] /, path);
    assert.not.match(answer, /secret$/, path);
  }
  assert.match(await ask("/", "POST"), /^HTTP\/1.1 405 /);
  assert.match(await ask("/"), /200/, "and it still serves");
});

test("the scripts run from a folder with a space in its name, or behind a link", () => {
  const folder = join(home, "a folder");
  mkdirSync(folder);
  const script = join(folder, "script.mjs");
  writeFileSync(
    script,
    `import { isMain } from ${JSON.stringify(pathToFileURL("is-main.mjs").href)};
    console.log(isMain(import.meta));`,
  );
  symlinkSync(folder, join(home, "link"));
  for (const path of [script, join(home, "link", "script.mjs")]) {
    assert.is(spawnSync(process.execPath, [path], { encoding: "utf8" }).stdout, "true\n", path);
  }
});

test.run();
