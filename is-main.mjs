// Whether a module is the script that Node was started with, also in a folder with a space in its name, or behind a link.
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const isMain = ({ url }) =>
  process.argv[1] !== undefined && fileURLToPath(url) === realpathSync(process.argv[1]);
