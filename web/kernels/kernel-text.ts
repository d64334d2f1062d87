import { h } from "../ui/index";

/** The comment that a kernel begins with, without its slashes. */
export function headerOf(source: string): string {
  const lines = source.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");
}

/** What follows that comment. */
export const bodyOf = (source: string): string =>
  source.split("\n").slice(headerOf(source).split("\n").length).join("\n").trim();

const WORDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["comment", /\/\/.*/],
  ["directive", /^\s*#\w+/],
  ["attribute", /@\w+/],
  [
    "keyword",
    /\b(?:fn|let|var|const|override|struct|if|else|for|while|loop|return|break|continue|enable|alias|true|false)\b/,
  ],
  ["type", /\b(?:array|atomic|ptr|bool|[fiu]32|f16|(?:vec[234]|mat[234]x[234])[fiuh]?)\b/],
  ["number", /\b(?:0x[\da-f]+|\d+(?:\.\d*)?(?:e[-+]?\d+)?)[fuih]?\b/],
];
const ANY = new RegExp(WORDS.map(([, pattern]) => `(${pattern.source})`).join("|"), "g");

/** WGSL as coloured, numbered lines. */
export function codeBlock(source: string): HTMLElement {
  const lines = source.split("\n").map((line) => h("code", {}, ...coloured(line), "\n"));
  return h("pre", { class: "wgsl", tabindex: 0, "aria-label": "WGSL" }, ...lines);
}

function coloured(line: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const match of line.matchAll(ANY)) {
    const kind = WORDS[match.slice(1).findIndex((group) => group !== undefined)][0];
    parts.push(line.slice(at, match.index), h("span", { class: kind }, match[0]));
    at = match.index + match[0].length;
  }
  return [...parts, line.slice(at)];
}
