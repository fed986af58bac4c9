/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = { readonly [keyword: string]: SchemaValue };
export type SchemaValue =
  | string
  | number
  | boolean
  | null
  | readonly SchemaValue[]
  | { readonly [keyword: string]: SchemaValue };

/** `as const`, for the text of a keyword. */
export const text = (description: string, example: string, more: Schema = {}): Schema => ({
  type: 'string',
  description,
  ...more,
  examples: [example],
});

export const flag = (description: string, example: boolean): Schema => ({
  type: 'boolean',
  description,
  examples: [example],
});

export const only = (value: string | number | boolean): Schema => ({
  type: typeof value === 'number' ? 'integer' : typeof value,
  const: value,
});

export const oneOf = (description: string, values: readonly string[], example = values[0] ?? ''): Schema => ({
  type: 'string',
  description,
  enum: values,
  examples: [example],
});

/** A schema whose value may be null, too. */
export const nullable = (schema: Schema): Schema => ({
  ...schema,
  type: [schema['type'] ?? 'object', 'null'],
});

/** An object that may have other members in later versions: those of `always`, and perhaps those of `perhaps`. */
export function object(
  always: Record<string, Schema>,
  perhaps: Record<string, Schema> = {},
  more: Schema = {},
): Schema {
  return {
    type: 'object',
    ...more,
    required: Object.keys(always),
    properties: { ...always, ...perhaps },
  };
}

/** A request body: nothing beside these is taken. */
export const body = (always: Record<string, Schema>, perhaps: Record<string, Schema> = {}): Schema =>
  object(always, perhaps, { additionalProperties: false });

export const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });

/**
 * The example that a schema makes of its parts: what is constant, the first of its examples, one item of a list, and of an
 * object every member that must be there. Those that may be there are left out.
 */
export function exampleOf(schema: Schema): SchemaValue {
  const { const: constant, examples, properties, items, required } = schema;
  if (constant !== undefined) return constant;
  if (Array.isArray(examples) && examples[0] !== undefined) return examples[0];
  if (isSchema(items)) return [exampleOf(items)];
  if (!isSchema(properties) || !Array.isArray(required)) return {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, member]) =>
      required.includes(name) && isSchema(member) ? [[name, exampleOf(member)]] : [],
    ),
  );
}

export const isSchema = (value: SchemaValue | undefined): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
