/** Controls, charts and pictures. */

export { barChart } from "./bars";
export { button, choice, filePicker, slider } from "./controls";
export { download, h, svg } from "./dom";
export { LineChart } from "./line-chart";
export { mapCanvas, maximum, paintMap, paintPhoto, paintPlanes } from "./map-picture";
export { Message } from "./message";
export { cssColor, StickFigure } from "./stick-figure";
