/** One course of training, wherever it is driven from: its length, its plan, its steps, where it stands. train/run drives it in Node, web/train in a page. */

export { Budget } from "./budget";
export { Course, type CourseEvent, type CourseOptions } from "./course";
export { openPhases, type Phase } from "./phase";
export { Plan } from "./plan";
export { BEGINNING, epochOfLastStep, type Position } from "./position";
export { STEPS_IN_FLIGHT } from "./stepper";
