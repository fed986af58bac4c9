import { toJson } from './json.ts';
import type { Sealer } from './sealing.ts';

/** Seals some secrets for a purpose, as one text. */
export type SealParts = (purpose: string, parts: object) => string;

/** What was sealed for each purpose, and what came of it. */
type Sealed = ReadonlyMap<string, { parts: object; text: string }>;

/**
 * Seals the secrets of one version of a document. Those that are the very same as in the version `before` are not sealed again: its text
 * says what theirs would. `all` is handed to the next version.
 */
export function sealingParts(sealer: Sealer, before: Sealed = new Map()): { seal: SealParts; all: Sealed } {
  const all = new Map<string, { parts: object; text: string }>();
  return {
    all,
    seal(purpose, parts) {
      const known = before.get(purpose);
      const text =
        known !== undefined && areSame(known.parts, parts) ? known.text : sealer.seal(toJson(parts), purpose);
      all.set(purpose, { parts, text });
      return text;
    },
  };
}

/** Whether each part is the same value, or the same object: what is inside is never changed in place. */
function areSame(some: object, others: object): boolean {
  const [parts, rest] = [Object.entries(some), new Map(Object.entries(others))];
  return parts.length === rest.size && parts.every(([name, part]) => Object.is(part, rest.get(name)));
}
