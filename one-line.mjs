// What a script says of its own command line, and of what the system refuses it.

/** Runs a script's work. What its user can mend ends it with one line and exit code 2; all else is a defect, thrown on. */
export async function inOneLine(script, work) {
  try {
    await work();
  } catch (error) {
    if (!isUsers(error)) throw error;
    console.error(`${script}: ${error.message}`);
    process.exitCode = 2;
  }
}

/** Something on the command line, as parseArgs and badArgument have it, or a file, folder or port that the system does not give. */
const isUsers = ({ code, syscall }) => syscall !== undefined || String(code).startsWith("ERR_PARSE_ARGS_");

/** The error of an argument that makes no sense. */
export const badArgument = (message) => Object.assign(new Error(message), { code: "ERR_PARSE_ARGS_BAD_VALUE" });
