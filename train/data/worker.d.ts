/** A module bundled with all that it imports, as the text of a worker thread's script (build.mjs). */
declare module "*?worker" {
  const script: string;
  export default script;
}
