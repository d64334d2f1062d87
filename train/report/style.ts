/**
 * The report's look, light and dark by the reader's own setting. Charts name their colours by these variables: c1 to c8
 * tell things apart, r1 to r6 are steps of one hue for what has an order, f0 to f5 are a hand's wrist and fingers.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f2; --card: #fffefb; --edge: #e3e0d8; --grid: #ebe8e1; --ink: #23262b; --soft: #6a6e76;
  --accent: #0f6e6a; --wash: #e4efed;
  --c1: #0f6e6a; --c2: #c2592d; --c3: #5b5fc7; --c4: #a8871b; --c5: #b0457e; --c6: #4b8b3b; --c7: #2f7fb8; --c8: #7d6b5d;
  --r1: #a9cfcc; --r2: #7fb8b4; --r3: #55a09b; --r4: #2f8883; --r5: #0f6e6a; --r6: #074a48;
  --f0: #8b9097; --f1: #d64545; --f2: #cf9f14; --f3: #38a05a; --f4: #3b7fe0; --f5: #9c55cf;
  --base: #9a9da3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e23; --edge: #2c3037; --grid: #282c33; --ink: #e3e4e7; --soft: #979ca6;
    --accent: #5cc2bb; --wash: #1d3433;
    --c1: #5cc2bb; --c2: #ec8f62; --c3: #9a9df5; --c4: #dbb94c; --c5: #e583b4; --c6: #86c574; --c7: #72b6e8; --c8: #b9a796;
    --r1: #3d6f6c; --r2: #417e7a; --r3: #428c88; --r4: #50a8a2; --r5: #6cc9c2; --r6: #b2ebe6;
    --f0: #9aa0a8; --f1: #f07272; --f2: #ecc24a; --f3: #63c984; --f4: #6fa6f7; --f5: #bd86ea;
    --base: #7d828b;
  }
}
* { box-sizing: border-box; }
img { height: auto; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 64px; }
header h1 { font-size: 27px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--soft); }
h2 { font-size: 17px; margin: 38px 0 12px; letter-spacing: -.005em; }
h3 { font-size: 13.5px; font-weight: 600; margin: 0 0 6px; }
section > p { margin: -6px 0 12px; color: var(--soft); max-width: 74ch; font-size: 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px; }
.tile { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 12px 14px; }
.tile b { display: block; font-size: 23px; font-weight: 600; line-height: 1.25; letter-spacing: -.01em;
  font-variant-numeric: tabular-nums; }
.tile span { display: block; font-size: 12.5px; color: var(--soft); }
.tile.first { background: var(--wash); border-color: transparent; }
.tile.first b { color: var(--accent); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 14px; }
.card { margin: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 12px 14px 10px;
  min-width: 0; }
.card svg { display: block; width: 100%; height: auto; overflow: visible; }
.card svg text { font-size: 11px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.card svg text.end { fill: var(--c); font-weight: 600; }
.line { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.line.dashed { stroke-dasharray: 4 4; stroke-width: 1.5; }
.band { fill: var(--c); opacity: .16; }
.dot { fill: var(--card); stroke: var(--c); stroke-width: 1.6; }
.bar { fill: var(--c); }
.grid { stroke: var(--grid); stroke-width: 1; }
.note { margin: 4px 0 0; font-size: 12px; color: var(--soft); }
.card table { font-size: 12.5px; }
.card td, .card th { padding: 4px 8px; }
.empty { margin: 0; padding: 60px 0; text-align: center; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; margin: 0 0 4px; padding: 0; font-size: 12px;
  color: var(--soft); }
.legend i { display: inline-block; width: 14px; height: 0; border-top: 2.5px solid var(--c); margin-right: 6px;
  vertical-align: middle; border-radius: 2px; }
.legend i.dashed { border-top-style: dashed; border-top-width: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; width: 100%; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--grid); white-space: nowrap; font-weight: 400; }
thead th { color: var(--soft); font-size: 12px; }
th:first-child { text-align: left; padding-left: 0; }
tbody th { white-space: normal; min-width: 90px; }
tbody tr:last-child > * { border-bottom: 0; }
td b { color: var(--accent); font-weight: 600; }
.note > div { margin-top: 2px; }
.key { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: var(--c); margin-right: 8px; }
.tabs > input { position: absolute; opacity: 0; pointer-events: none; }
.tabs > label { display: inline-block; padding: 3px 11px; margin: 0 6px 8px 0; border: 1px solid var(--edge); border-radius: 99px;
  font-size: 13px; color: var(--soft); cursor: pointer; }
.tabs > input:checked + label { background: var(--wash); color: var(--accent); border-color: transparent; font-weight: 600; }
.tabs > input:focus-visible + label { outline: 2px solid var(--accent); }
.panels > * { display: none; }
.picture { border-radius: 8px; overflow-x: auto; }
.picture img { display: block; width: 100%; min-width: 760px; border-radius: 8px; }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr)); gap: 14px; }
.cases figure { margin: 0; }
.cases img { display: block; width: 100%; border-radius: 8px; }
.cases figcaption { font-size: 12.5px; color: var(--soft); margin-top: 4px; overflow-wrap: anywhere; }
.shares { display: flex; height: 14px; border-radius: 7px; overflow: hidden; gap: 2px; margin: 0 0 10px; }
.shares i { background: var(--c); min-width: 2px; }
details { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 8px 14px; margin-top: 10px; }
summary { cursor: pointer; font-size: 14px; }
.settings { columns: 340px; column-gap: 34px; margin: 10px 0 4px; font-size: 13px; }
.settings div { display: flex; justify-content: space-between; gap: 14px; padding: 2px 0; break-inside: avoid;
  border-bottom: 1px solid var(--grid); }
.settings dt { color: var(--soft); }
.settings dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.settings .set dd { font-weight: 600; color: var(--accent); }
pre { overflow-x: auto; font: 12px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; margin: 8px 0; }
footer { margin-top: 40px; font-size: 12.5px; color: var(--soft); }
@media (min-width: 1120px) { .wide { grid-column: span 2; } }
@media (max-width: 560px) {
  main { padding: 18px 14px 44px; }
  header h1 { font-size: 23px; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 10px; }
  .tile b { font-size: 20px; }
}
`;

/** So many colours tell runs apart; after that they come again. */
export const colorOfRun = (index: number): string => `c${(index % 8) + 1}`;

/** One of the six steps of a hue for the i-th of n things in order, the last the strongest. */
export const colorOfStep = (index: number, count: number): string =>
  `r${count <= 1 ? 5 : 1 + Math.round((5 * index) / (count - 1))}`;

/** Of a skeleton's parts, the root's first: a hand's wrist, then its fingers. */
export const colorOfPart = (part: number): string => `f${part === 0 ? 0 : ((part - 1) % 5) + 1}`;
