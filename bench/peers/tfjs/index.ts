import "./require"; // before tfjs itself
import { version_core as version } from "@tensorflow/tfjs-core";
import type { Peer } from "../../contract/index";
import { openLayers } from "./layers";
import { openStep } from "./step";

/** tfjs with its WebGPU backend, channels last as it wants them: every computation, and the whole step. */
export const peer: Peer = { version, openLayers, openStep };
