/** Numbers recorded from PyTorch, replayed. */

export { formatReport } from "./report";
export { verify } from "./verify";
