/** What was measured, for people: a terminal, Markdown, a page with charts. */

export { resultsPage } from "./page";
export { resultsMarkdown, resultsText } from "./render";
export type { AnyResult, Results } from "./results";
