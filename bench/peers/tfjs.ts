/** All of tfjs's part in one file of the build, so that the package can leave it out. */
export * from "./tfjs-layers";
export * from "./tfjs-step";
