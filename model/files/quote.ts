/** What would act on a terminal, or turn the direction of writing, and is not escaped in JSON. */
const UNSEEN = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** A name from a file, fit for a message of one line. */
export function quote(name: string): string {
  const text = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name);
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
