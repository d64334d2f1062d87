/** Where joints are: their places in memory and on file, labelled poses, boxes, and the way from pixels to cells. */

export {
  type Box,
  boxAround,
  cellsOf,
  fromMapUnits,
  isPlaced,
  listPoints,
  movePoints,
  type Point,
  type Points,
  type Pose,
  pairsOf,
  pointAt,
  pointsOf,
  scalePoints,
  toMapUnits,
} from "./pose";
