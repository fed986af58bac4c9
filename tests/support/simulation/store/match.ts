/** A document as the in-memory store keeps it: replaced as a whole, never changed. */
export type Doc = Readonly<Record<string, unknown>>;
export type Filter = Readonly<Record<string, unknown>>;

/** Whether a document fits a filter, of the part of MongoDB's language that the repositories speak. */
export function matches(doc: Doc, filter: Filter, now: Date): boolean {
  for (const path in filter) {
    const condition = filter[path];
    if (path === '$expr') {
      if (evaluate(condition, doc, now) !== true) return false;
    } else if (!fits(valuesAt(doc, path), condition)) return false;
  }
  return true;
}

/** What stands at a path: each element where it leads through arrays. Empty where it leads nowhere. */
export function valuesAt(doc: Doc, path: string): unknown[] {
  if (!path.includes('.')) return doc[path] === undefined ? [] : [doc[path]];
  return path
    .split('.')
    .reduce<unknown[]>((found, name) => found.flatMap((value) => member(value, name)), [doc]);
}

function member(value: unknown, name: string): unknown[] {
  if (Array.isArray(value) && !/^\d+$/.test(name)) return value.flatMap((item) => member(item, name));
  if (typeof value !== 'object' || value === null) return [];
  const inner: unknown = Reflect.get(value, name);
  return inner === undefined ? [] : [inner];
}

function fits(values: readonly unknown[], condition: unknown): boolean {
  if (!isOperators(condition)) return equalsAny(values, condition);
  for (const operator in condition) {
    if (!holds(values, operator, condition[operator])) return false;
  }
  return true;
}

function holds(values: readonly unknown[], operator: string, wanted: unknown): boolean {
  switch (operator) {
    case '$in':
      return Array.isArray(wanted) && wanted.some((one) => equalsAny(values, one));
    case '$nin':
      return Array.isArray(wanted) && !wanted.some((one) => equalsAny(values, one));
    case '$exists':
      return values.length > 0 === wanted;
    case '$gt':
      return values.some((value) => comparable(value, wanted) && compare(value, wanted) > 0);
    case '$lte':
      return values.some((value) => comparable(value, wanted) && compare(value, wanted) <= 0);
    default:
      throw new Error(`the in-memory store does not know ${operator}`);
  }
}

/** Null means "null or absent", as it does in MongoDB. */
function equalsAny(values: readonly unknown[], wanted: unknown): boolean {
  if (wanted === null) return values.length === 0 || values.includes(null);
  return values.some(
    (value) => value === wanted || (comparable(value, wanted) && compare(value, wanted) === 0),
  );
}

const isOperators = (condition: unknown): condition is Record<string, unknown> =>
  typeof condition === 'object' &&
  condition !== null &&
  !(condition instanceof Date) &&
  Object.keys(condition).some((name) => name.startsWith('$'));

/** Values of different types are never in an order (MongoDB's type bracketing). */
function comparable(a: unknown, b: unknown): boolean {
  return (
    typeof rank(a) === typeof rank(b) &&
    a !== null &&
    b !== null &&
    (typeof a !== 'object' || a instanceof Date)
  );
}

export function compare(a: unknown, b: unknown): number {
  const [left, right] = [rank(a), rank(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function rank(value: unknown): string | number {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'string' || typeof value === 'number' ? value : String(value);
}

/** An aggregation expression, of those that the repositories use. */
export function evaluate(expression: unknown, doc: Doc, now: Date): unknown {
  if (expression === '$$NOW') return now;
  if (typeof expression === 'string' && expression.startsWith('$')) return fieldAt(doc, expression.slice(1));
  if (!isOperators(expression)) return expression;
  const [operator] = Object.keys(expression);
  const given: unknown = operator === undefined ? undefined : expression[operator];
  const parts = (Array.isArray(given) ? given : [given]).map((part) => evaluate(part, doc, now));
  switch (operator) {
    case '$ifNull':
      return parts[0] ?? parts[1];
    case '$lt':
      return compare(parts[0], parts[1]) < 0;
    case '$gt':
      return compare(parts[0], parts[1]) > 0;
    case '$eq':
      return parts[0] === parts[1];
    case '$ne':
      return (parts[0] ?? null) !== parts[1];
    case '$and':
      return parts.every(Boolean);
    case '$or':
      return parts.some(Boolean);
    case '$cond':
      return parts[0] === true ? parts[1] : parts[2];
    case '$size':
      return Array.isArray(parts[0]) ? parts[0].length : 0;
    case '$slice':
      return Array.isArray(parts[0]) ? parts[0].slice(0, Number(parts[1])) : undefined;
    case '$add':
      return new Date(Number(rank(parts[0])) + Number(parts[1]));
    default:
      throw new Error(`the in-memory store does not know the expression ${operator}`);
  }
}

function fieldAt(doc: Doc, path: string): unknown {
  const found = valuesAt(doc, path);
  return found[0];
}
