import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  boxAround,
  cellsOf,
  fromMapUnits,
  isPlaced,
  listPoints,
  movePoints,
  pairsOf,
  pointAt,
  pointsOf,
  scalePoints,
  toMapUnits,
} from "../../../train/pose/pose";

const test = suite("poses");

const three = pointsOf([[1, 2], null, [5.5, -4]]);

test("points of files and back: a place that is not there is NaN in memory, null in JSON", () => {
  assert.equal([...three], [1, 2, Number.NaN, Number.NaN, 5.5, -4]);
  assert.is(JSON.stringify(pairsOf(three)), "[[1,2],[null,null],[5.5,-4]]");
  assert.equal([...pointsOf(JSON.parse("[[null, 3]]"))], [Number.NaN, 3]);
  // Of a point in space the first two count.
  assert.equal([...pointsOf([[1, 2, 3]])], [1, 2]);
});

test("a joint's place, and whether it has one", () => {
  assert.equal(pointAt(three, 2), [5.5, -4]);
  assert.equal(listPoints(three)[0], [1, 2]);
  assert.equal(
    [0, 1, 2].map((j) => isPlaced(three, j)),
    [true, false, true],
  );
  assert.not.ok(isPlaced(pointsOf([[Number.NaN, 0]]), 0));
});

test("moved and scaled joint by joint, the original left as it is", () => {
  assert.equal(pairsOf(movePoints(three, ([x, y], j) => [x + j, 10 * y])), [
    [1, 20],
    [Number.NaN, Number.NaN],
    [7.5, -40],
  ]);
  assert.equal([...scalePoints(three, 2).subarray(4)], [11, -8]);
  assert.equal(pointAt(three, 0), [1, 2]);
});

test("the box is around the joints that are there", () => {
  assert.equal(boxAround(three), { x: 1, y: -4, width: 4.5, height: 6 });
  assert.is(boxAround(pointsOf([null, null])), null);
});

test("pixels of the stored image to cells, by width and height, and on to the network's input", () => {
  const points = pointsOf([
    [30, 30],
    [-9, 7],
  ]);
  const cells = toMapUnits({ points, width: 60, height: 120 }, 96, false);
  assert.equal([...cells], [6, 3, (-9 * 96) / 8 / 60, (7 * 96) / 8 / 120]);
  assert.equal([...toMapUnits({ points, width: 60, height: 120 }, 96, true).subarray(2)], [-1, 0]);
  assert.equal([...fromMapUnits(cells).subarray(0, 2)], [48, 24]);
  assert.is(cellsOf(96), 12);
});

test.run();
