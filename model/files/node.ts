/** Files on a disk: read whole or in parts, written so that nothing half-written stays. */

export { fileSource } from "./file-source";
export { ensureFolder, expectWritable, fileError, isFolder, statsOf, tidyPath, writeFileAtomic } from "./files";
export { parseJson, readText } from "./json";
export { listFolder } from "./listing";
export { isAlive, type ProcessMark, thisProcess } from "./process";
export { type NamedArray, readSafetensors, type SafetensorsFile, writeSafetensors } from "./safetensors";
export { sweepTemporaries, temporaryBeside, temporaryOwner } from "./temporaries";
