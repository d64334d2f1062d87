import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Assignment, assignBuffers, type Lifetime, livePeak } from "../../../engine/device/assign";
import { stream } from "../../../train/data/rng";

const test = suite("memory by liveness");

const life = (from: number, to: number, bytes: number): Lifetime => ({ bytes, from, to });
const total = ({ sizes }: Assignment) => sizes.reduce((a, b) => a + b, 0);
const nobody = (lives: readonly Lifetime[]) => lives.map(() => new Set<number>());

test("a chain needs two buffers, whatever its length", () => {
  const chain = Array.from({ length: 9 }, (_, i) => life(2 * i, 2 * i + 3, 512));
  const conflicts = chain.map((_, i) => new Set([i - 1, i + 1]));
  assert.equal(assignBuffers(chain, conflicts, 256).sizes, [512, 512]);
  assert.is(livePeak(chain), 1024);
});

test("small pieces lie side by side in the memory of a large one, unless a dispatch joins them", () => {
  const lives = [life(0, 2, 1024), life(3, 9, 512), life(4, 8, 256), life(5, 7, 256)];
  const { sizes, places } = assignBuffers(lives, nobody(lives), 256);
  assert.equal(sizes, [1024]);
  assert.equal(new Set(places.slice(1).map((p) => p.offset)).size, 3);
  const conflicts = nobody(lives);
  conflicts[2].add(3);
  conflicts[3].add(2);
  assert.equal(assignBuffers(lives, conflicts, 256).sizes, [1024, 256]);
});

test("what ends when another begins leaves it room", () => {
  assert.is(livePeak([life(0, 3, 100), life(3, 5, 100)]), 100);
  assert.is(livePeak([life(0, 4, 100), life(3, 5, 100)]), 200);
});

test("no two pieces meet, in any of many random cases", () => {
  const random = stream(7, "assign");
  for (let round = 0; round < 40; round++) {
    const lives = Array.from({ length: 60 }, () => {
      const from = random.below(100);
      return life(from, from + 1 + random.below(30), 16 * (1 + random.below(200)));
    });
    const conflicts = nobody(lives);
    for (let k = 0; k < 30; k++) {
      const [a, b] = [random.below(60), random.below(60)];
      if (a === b) continue;
      conflicts[a].add(b);
      conflicts[b].add(a);
    }
    const { sizes, places } = assignBuffers(lives, conflicts, 256);
    assert.ok(total({ sizes, places }) >= livePeak(lives));
    for (const [i, a] of lives.entries()) {
      const at = places[i];
      assert.ok(at.offset % 256 === 0 && at.offset + a.bytes <= sizes[at.buffer]);
      for (const [j, b] of lives.entries()) {
        const other = places[j];
        if (j <= i || other.buffer !== at.buffer) continue;
        assert.not.ok(conflicts[i].has(j), "conflicts are apart");
        const inTime = a.from < b.to && b.from < a.to;
        const inSpace = at.offset < other.offset + b.bytes && other.offset < at.offset + a.bytes;
        assert.not.ok(inTime && inSpace, `${i} and ${j}`);
      }
    }
  }
});

test.run();
