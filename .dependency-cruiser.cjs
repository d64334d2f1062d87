const { builtinModules } = require("node:module");

// Imports run one way: kernels <- engine <- masks, model <- train <- cli; bench and web stand on top.
const below = {
  kernels: [],
  engine: ["kernels"],
  masks: ["kernels", "engine"],
  model: ["kernels", "engine"],
  train: ["kernels", "engine", "masks", "model"],
  bench: ["kernels", "engine", "masks", "model", "train"],
  cli: ["kernels", "engine", "masks", "model", "train", "bench", "web"],
  web: ["kernels", "engine", "masks", "model", "train"],
};
const rooms = Object.keys(below);

/** What no browser has: Node's own modules, and packages with native parts. */
const nodeAlone = [
  ...builtinModules.map((name) => `^(node:)?${name}$`),
  "node_modules/(sharp|webgpu|koffi|proper-lockfile|cli-progress|commander)/",
];

module.exports = {
  forbidden: [
    ...rooms.map((from) => ({
      name: `${from}-imports-only-what-lies-below`,
      severity: "error",
      from: { path: `^${from}/` },
      to: { path: `^(${rooms.filter((to) => to !== from && !below[from].includes(to)).join("|") || "$none"})/` },
    })),
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      // A door is a folder's index.ts, or node.ts for what only Node has, or browser.ts.
      name: "a-folder-is-entered-by-its-door",
      severity: "error",
      from: { path: "^(.+)/[^/]+$" },
      to: { path: "^[a-z]+/.+[.]ts$", pathNot: ["^$1/[^/]+$", "/(index|node|browser)[.]ts$", "[.]d[.]ts$"] },
    },
    {
      name: "no-circle-between-folders",
      scope: "folder",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "the-engine's-core-imports-no-op",
      severity: "error",
      from: { path: "^engine/(core|device|errors)/" },
      to: { path: "^engine/(?!core|device|errors)" },
    },
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { path: `^(${rooms.join("|")})/` },
      to: { path: "^test/" },
    },
    {
      name: "web-runs-in-a-browser",
      severity: "error",
      from: { path: "^web/.*\\.ts$" },
      to: { path: nodeAlone.join("|"), reachable: true },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "\\.wgsl$|^@webgpu" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      mainFields: ["module", "main"],
      conditionNames: ["import", "node", "types"],
      exportsFields: ["exports"],
    },
  },
};
