import { counting, t } from "../case";
import { table } from "../ops";

/** Sums of products by Einstein's convention: transposes, broadcast products and sums in one. */
export const einsum = [
  table("einsum_test.js", "einsum", [
    { title: ",->", x: [t([], [2]), t([], [3])], attrs: { equation: ",->" }, y: t([], [6]) },
    { title: "i,->", x: [t([2], [2, 3]), t([], [4])], attrs: { equation: "i,->" }, y: t([], [20]) },
    { title: "i,->i", x: [t([2], [2, 3]), t([], [4])], attrs: { equation: "i,->i" }, y: t([2], [8, 12]) },
    { title: "i->", x: [t([3], [2, 4, 6])], attrs: { equation: "i->" }, y: t([], [12]) },
    { title: "ij->", x: [t([2, 2], [1, 2, 3, 4])], attrs: { equation: "ij->" }, y: t([], [10]) },
    {
      title: "ij,ji->",
      x: [t([2, 2], [1, 2, 3, 4]), t([2, 2], [4, 3, 2, 1])],
      attrs: { equation: "ij,ji->" },
      y: t([], [21]),
    },
    { title: "ij,->", x: [t([2, 2], [1, 2, 3, 4]), t([], [5])], attrs: { equation: "ij,->" }, y: t([], [50]) },
    { title: "i,i->", x: [t([3], [1, 3, 5]), t([3], [2, 4, 6])], attrs: { equation: "i,i->" }, y: t([], [44]) },
    {
      title: "i,j->ij",
      x: [t([3], [1, 3, 5]), t([3], [2, 4, 6])],
      attrs: { equation: "i,j->ij" },
      y: t([3, 3], [2, 4, 6, 6, 12, 18, 10, 20, 30]),
    },
    {
      title: "ij,j->i",
      x: [counting([2, 3], 1), t([3], [2, 4, 6])],
      attrs: { equation: "ij,j->i" },
      y: t([2], [28, 64]),
    },
    { title: "ij->j", x: [counting([2, 3], 1)], attrs: { equation: "ij->j" }, y: t([3], [5, 7, 9]) },
    { title: "ij->i", x: [counting([2, 3], 1)], attrs: { equation: "ij->i" }, y: t([2], [6, 15]) },
    { title: "ij->ji", x: [counting([2, 3], 1)], attrs: { equation: "ij->ji" }, y: t([3, 2], [1, 4, 2, 5, 3, 6]) },
    {
      title: "ij,jk->ik",
      x: [counting([2, 3], 1), counting([3, 2], 0)],
      attrs: { equation: "ij,jk->ik" },
      y: t([2, 2], [16, 22, 34, 49]),
    },
    {
      title: "ij,jk->ki",
      x: [counting([2, 3], 1), counting([3, 2], 0)],
      attrs: { equation: "ij,jk->ki" },
      y: t([2, 2], [16, 34, 22, 49]),
    },
    {
      title: "bi,bi->b",
      x: [counting([2, 3], 1), counting([2, 3], 0)],
      attrs: { equation: "bi,bi->b" },
      y: t([2], [8, 62]),
    },
    {
      title: "bi,bj->bij",
      x: [counting([2, 3], 1), counting([2, 3], 0)],
      attrs: { equation: "bi,bj->bij" },
      y: t([2, 3, 3], [0, 1, 2, 0, 2, 4, 0, 3, 6, 12, 16, 20, 15, 20, 25, 18, 24, 30]),
    },
    {
      title: "bij,bjk->bik",
      x: [counting([2, 2, 3], 1), counting([2, 3, 3], 1)],
      attrs: { equation: "bij,bjk->bik" },
      y: t([2, 2, 3], [30, 36, 42, 66, 81, 96, 318, 342, 366, 435, 468, 501]),
    },
    {
      title: "adc,abc->abd",
      x: [counting([2, 2, 2], 1), counting([2, 3, 2], 1)],
      attrs: { equation: "adc,abc->abd" },
      y: t([2, 3, 2], [5, 11, 11, 25, 17, 39, 83, 113, 105, 143, 127, 173]),
    },
    {
      title: "adc,abc->adb",
      x: [counting([2, 2, 2], 1), counting([2, 3, 2], 1)],
      attrs: { equation: "adc,abc->adb" },
      y: t([2, 2, 3], [5, 11, 17, 11, 25, 39, 83, 105, 127, 113, 143, 173]),
    },
    {
      title: "bij->bji",
      x: [t([2, 2, 2], [1, 2, 3, 4, -1, -2, -3, -4])],
      attrs: { equation: "bij->bji" },
      y: t([2, 2, 2], [1, 3, 2, 4, -1, -3, -2, -4]),
    },
    {
      title: "abcd,cde->abe",
      x: [counting([2, 4, 2, 2], 1), counting([2, 2, 2], 1)],
      attrs: { equation: "abcd,cde->abe" },
      y: t([2, 4, 2], [50, 60, 114, 140, 178, 220, 242, 300, 306, 380, 370, 460, 434, 540, 498, 620]),
    },
    {
      title: "aecd,abcd->acbe",
      x: [counting([2, 4, 2, 2], 1), counting([2, 3, 2, 2], 1)],
      attrs: { equation: "aecd,abcd->acbe" },
      y: t(
        [2, 2, 3, 4],
        [
          5, 17, 29, 41, 17, 61, 105, 149, 29, 105, 181, 257, 25, 53, 81, 109, 53, 113, 173, 233, 81, 173, 265, 357,
          473, 581, 689, 797, 613, 753, 893, 1033, 753, 925, 1097, 1269, 605, 729, 853, 977, 761, 917, 1073, 1229, 917,
          1105, 1293, 1481,
        ],
      ),
    },
    {
      title: "aecd,abcd->abe",
      x: [counting([2, 4, 2, 2], 1), counting([2, 3, 2, 2], 1)],
      attrs: { equation: "aecd,abcd->abe" },
      y: t(
        [2, 3, 4],
        [
          30, 70, 110, 150, 70, 174, 278, 382, 110, 278, 446, 614, 1078, 1310, 1542, 1774, 1374, 1670, 1966, 2262, 1670,
          2030, 2390, 2750,
        ],
      ),
    },
  ]),
];
