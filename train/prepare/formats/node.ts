export { ORDERS, type OrderOption } from "./coco";
