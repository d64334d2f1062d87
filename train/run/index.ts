/** The course of training, wherever it runs. */

export { Course, openParts } from "./course";
export { STEPS_IN_FLIGHT, Stepper } from "./stepper";
