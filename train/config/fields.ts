import { z } from "zod";
import { experimentSchema } from "./schema";

/** The schema of the field at a path, undefined where there is none. */
export function fieldAt(path: readonly string[]): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((at, key) => {
    const fields = at && objectShape(at);
    return fields && Object.hasOwn(fields, key) ? fields[key] : undefined; // not what every object has, as "constructor"
  }, experimentSchema);
}

/** The fields of an object schema, seen through its default. */
export function objectShape(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return objectShape(schema.unwrap() as z.ZodType);
  return undefined;
}

/** A JSON object, no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in an error message. */
export function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
