import { spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
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

test("a download that is given up half-way leaves no file open", async () => {
  if (process.platform !== "linux") return;
  const large = join(home, "public", "large.bin");
  writeFileSync(large, Buffer.alloc(1 << 23));
  const link = (descriptor: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ""; // the one that the folder was listed by
    }
  };
  const open = () => readdirSync("/proc/self/fd").filter((descriptor) => link(descriptor) === large).length;
  const { port } = server.address() as AddressInfo;
  const giveUp = (when: "connect" | "data") =>
    new Promise<void>((done) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n"));
      socket.once(when, () => setImmediate(() => socket.destroy()));
      socket.on("close", () => done());
    });
  await Promise.all(Array.from({ length: 40 }, (_, i) => giveUp(i % 4 === 0 ? "connect" : "data")));
  for (let waited = 0; open() > 0 && waited < 100; waited++) await new Promise((done) => setTimeout(done, 50));
  assert.is(open(), 0);
  assert.match(await ask("/large.bin", "HEAD"), /Content-Length: 8388608/);
  assert.is(open(), 0);
});

type Replace = (path: string, fill: (fresh: string) => void) => Promise<void>;
const replaceFolder = async () => (await pageScript<{ replaceFolder: Replace }>("replace-folder.mjs")).replaceFolder;

test("a folder that is built anew by several at once is whole in the end, and alone", async () => {
  const replace = await replaceFolder();
  const build = (text: string) =>
    replace(join(home, "public"), (fresh) => {
      mkdirSync(fresh);
      writeFileSync(join(fresh, "index.html"), text);
    });
  for (let i = 0; i < 20; i++) await Promise.all([build(`page ${i}`), build(`page ${i}`), build(`page ${i}`)]);
  assert.match(await ask("/"), /page 19$/);
  assert.equal(readdirSync(home).sort(), ["public", "public-too", "secret.txt"]);
});

test("a build that fails leaves the folder as it was, and nothing beside it", async () => {
  const replace = await replaceFolder();
  const folder = join(home, "public");
  const failing = replace(folder, (fresh) => {
    mkdirSync(fresh);
    throw new Error("no more space");
  });
  assert.is(await failing.catch((error) => error.message), "no more space");
  assert.is(readFileSync(join(folder, "index.html"), "utf8"), "page 19");
  assert.equal(readdirSync(home).sort(), ["public", "public-too", "secret.txt"]);
});

test("each server has a build of its own, and removes it at its end", async () => {
  const TMPDIR = join(home, "temporary");
  mkdirSync(TMPDIR);
  const child = spawn(process.execPath, ["web/serve.mjs", "--port", "0"], { env: { ...process.env, TMPDIR } });
  const ended = new Promise((done) => child.once("close", (code) => done(code)));
  const said = await new Promise<string>((done) => child.stdout.once("data", (chunk) => done(String(chunk))));
  const [url] = /^http:\S+/.exec(said)!;
  assert.match(await (await fetch(url)).text(), /<!doctype html>/);
  assert.is((await fetch(`${url}page.js`)).status, 200);
  assert.is(readdirSync(TMPDIR).length, 1);
  child.kill("SIGTERM");
  assert.equal([await ended, readdirSync(TMPDIR)], [143, []]);
});

test("what the scripts cannot do they say in one line", () => {
  const place = join(home, "elsewhere");
  mkdirSync(join(place, "runs/quickstart/best.safetensors"), { recursive: true });
  const { port } = server.address() as AddressInfo;
  const listening = /^web: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*; take another: npm run web -- --port N$/m;
  const cases: [script: string, args: string[], cwd: string, said: RegExp][] = [
    ["serve", ["--prot", "1"], place, /^web: Unknown option '--prot'/],
    ["serve", ["8460"], place, /^web: Unexpected argument '8460'/],
    ["serve", ["--port", "x"], place, /^web: --port x: expected a whole number from 0/],
    ["serve", ["--port", "65536"], place, /^web: --port 65536: expected/],
    ["serve", ["--port", String(port)], ".", listening],
    ["serve", ["--port", "0"], place, /^web: .*best\.safetensors/],
    ["build", [], place, /^web:build: .*best\.safetensors/],
  ];
  for (const [script, args, cwd, said] of cases) {
    const options = { cwd, encoding: "utf8", timeout: 60_000 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(`web/${script}.mjs`), ...args], options);
    assert.match(stderr, said);
    assert.match(stderr, /^[^\n]+\n$/, "one line");
    assert.equal([status, stdout], [2, ""], args.join(" "));
  }
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
