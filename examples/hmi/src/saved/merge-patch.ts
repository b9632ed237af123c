/** An object as JSON has it. */
export type JsonObject = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The JSON merge patch (RFC 7396) that makes `to` of `from`; empty when they are the same. */
export function diff(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [old, wanted] = [from[key], to[key]];
    if (isSame(old, wanted)) continue;
    if (isObject(old) && isObject(wanted)) patch[key] = diff(old, wanted);
    else patch[key] = wanted === undefined ? null : wanted;
  }
  return patch;
}

/** The document after the patch; neither argument is changed. */
export function apply(target: unknown, patch: JsonObject): JsonObject {
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = isObject(value) ? apply(result[key], value) : value;
  }
  return result;
}

/** Something that two people changed, each to something else. */
export interface Conflict {
  /** `rooms › hall › name` */
  path: string;
  /** What the other made of it; null = removed. */
  theirs: unknown;
}

/** What both patches change, each to something else. */
export function conflicts(theirs: JsonObject, ours: JsonObject, above: readonly string[] = []): Conflict[] {
  return Object.entries(ours).flatMap(([key, our]) => {
    if (!Object.hasOwn(theirs, key)) return [];
    const [their, path] = [theirs[key], [...above, key]];
    if (isObject(our) && isObject(their)) return conflicts(their, our, path);
    return isSame(our, their) ? [] : [{ path: path.join(' › '), theirs: their }];
  });
}

/** The patch in parts, none longer than so many characters as JSON where that can be. */
export function inParts(patch: JsonObject, maxLength: number): JsonObject[] {
  const parts: JsonObject[] = [];
  for (const [key, value] of Object.entries(patch)) {
    const isLarge = JSON.stringify(value).length > maxLength;
    const isSplit = isLarge && isObject(value) && Object.keys(value).length > 0;
    const values = isSplit ? inParts(value, maxLength - key.length) : [value];
    for (const part of values) {
      const last = parts.at(-1);
      const fits = last && JSON.stringify(last).length + JSON.stringify(part).length < maxLength;
      if (fits && !isLarge) last[key] = part;
      else parts.push({ [key]: part });
    }
  }
  return parts;
}
