import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quietly, withCleanup } from "../../../engine/errors/cleanup";

const test = suite("cleanup");

const fails = (what: string) => async () => {
  throw new Error(what);
};
const outcome = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message);

test("cleanup always runs, and the first failure is the one that is thrown", async () => {
  const seen: string[] = [];
  const clean = async () => seen.push("cleaned");
  assert.is(await outcome(withCleanup(async () => "done", clean)), "done");
  assert.is(await outcome(withCleanup(fails("disk full"), clean)), "disk full");
  assert.equal(seen, ["cleaned", "cleaned"]);
  assert.is(await outcome(withCleanup(fails("disk full"), fails("lock"))), "disk full");
  assert.is(await outcome(withCleanup(async () => "done", fails("lock"))), "lock");
  await quietly(fails("unheard"));
});

test.run();
