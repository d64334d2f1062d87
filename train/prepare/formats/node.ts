/** Others' dataset formats, one file each. */

export { ORDERS, type OrderOption } from "./coco";
