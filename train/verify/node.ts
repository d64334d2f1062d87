export { verify } from "./verify";
