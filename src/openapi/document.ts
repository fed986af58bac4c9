import { saysWhen, statusOf } from '../middleware/problems.ts';
import type { ErrorCode } from '../models/errors.ts';
import { errorHeaders, headerComponents, headersOf, referTo, type Traits } from './headers.ts';
import type { AnswerDoc, OperationDoc } from './operationDoc.ts';
import { operationDocs } from './operations.ts';
import { headerParameters, pathParameters, queryParameters, templateOf } from './parameters.ts';
import { notHttpSchema, problemSchema } from './problemSchemas.ts';
import { problemDocs } from './problems.ts';
import { exampleOf, type Schema, type SchemaValue } from './schema.ts';
import { guardRefusals, security, securitySchemes } from './security.ts';

/** What the document takes from the route table. */
export type DocumentedRoute = {
  method: 'get' | 'post';
  path: string;
  access: string;
  limit?: 'melt' | 'compare' | 'restore' | 'address';
};

type Component = 'securitySchemes' | 'schemas' | 'headers' | 'examples' | 'responses';

export type OpenApiDocument = {
  openapi: string;
  paths: Record<string, Record<string, SchemaValue>>;
  components: Record<Component, Record<string, Schema>>;
  [member: string]: SchemaValue;
};

const problemJson = 'application/problem+json';
const refOf = (name: string, kind: Component = 'schemas'): Schema => ({
  $ref: `#/components/${kind}/${name}`,
});

/**
 * OpenAPI 3.1 for these routes. The errors of a route are those that its guards can make (`guardRefusals`) and its own.
 * @throws Error for a route that nobody has described
 */
export function openApiDocument(routes: readonly DocumentedRoute[]): OpenApiDocument {
  const schemas: Record<string, Schema> = {};
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    const name = `${route.method.toUpperCase()} ${route.path}`;
    const doc = operationDocs[name];
    if (doc === undefined) throw new Error(`no description of the route ${name}`);
    collect(schemas, doc);
    const template = templateOf(route.path);
    paths[template] = { ...paths[template], [route.method]: operation(route, doc) };
  }
  for (const code of codes) schemas[code] = problemSchema(code);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Crucible',
      version: '1.0.0',
      summary: 'A Cashu wallet server that pays Lightning invoices with ecash',
      description: about,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: ['Access', 'Wallets', 'Funding', 'Paying', 'Tokens', 'Books', 'History', 'Support', 'Machine'].map(
      (tag) => ({
        name: tag,
      }),
    ),
    paths,
    components: {
      securitySchemes,
      schemas,
      headers: headerComponents,
      examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(problemSchema(code)) }])),
      responses: {
        ...Object.fromEntries(
          Object.entries(offRoutes).map(([name, code]) => [name, problems([code], anywhere)]),
        ),
        NotHttp: notHttp(),
      },
    },
  };
}

/** What is answered where no operation is: in every case where there is no such address, or it does not take the method. */
const offRoutes = {
  NotFound: 'NOT_FOUND',
  MethodNotAllowed: 'METHOD_NOT_ALLOWED',
  BadRequest: 'VALIDATION_ERROR',
  TooManyRequests: 'RATE_LIMITED',
  ShuttingDown: 'SHUTTING_DOWN',
} as const satisfies Record<string, ErrorCode>;

const about = [
  'Amounts are whole JSON numbers in the wallet’s unit. Every error is `application/problem+json` (RFC 9457); `code` says',
  'which. An address that is none is `#/components/responses/NotFound`, one that does not take the method',
  '`MethodNotAllowed`, and what is not HTTP at all `NotHttp`. Later versions may add members, codes and routes.',
].join(' ');

const codes = Object.keys(problemDocs).filter((name): name is ErrorCode => Object.hasOwn(problemDocs, name));
const anywhere: Traits = { isLimited: true, isIdempotent: false };

function collect(schemas: Record<string, Schema>, { body, answers }: OperationDoc): void {
  if (body !== undefined) schemas[body.name] = body.schema;
  for (const { content } of Object.values(answers))
    if ('name' in content) schemas[content.name] = content.schema;
}

function operation(route: DocumentedRoute, doc: OperationDoc): Schema {
  const { id, tag, summary, description, body, takes = [], query = [], answers, refusals } = doc;
  const isApi = route.path.startsWith('/api/');
  const traits = {
    isLimited: isApi || route.limit !== undefined,
    isIdempotent: takes.includes('Idempotency-Key'),
  };
  const byStatus = Map.groupBy(new Set([...guardRefusals(route), ...refusals]), statusOf);
  const responses: Record<string, Schema> = {};
  for (const [status, answer] of Object.entries(answers)) responses[status] = success(answer, traits);
  for (const [status, possible] of byStatus) responses[status] = problems(possible, traits);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: security(route.access),
    parameters: [
      ...pathParameters(route.path),
      ...queryParameters(namesWallet(route) ? ['walletId', ...query] : query),
      ...headerParameters(takes),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isOptional !== true,
            content: { 'application/json': { schema: refOf(body.name), example: exampleOf(body.schema) } },
          },
        }),
    responses,
  };
}

/** All of an owner's wallets are listed together. */
const namesWallet = ({ path }: DocumentedRoute): boolean =>
  path.includes('/:npub/') && !path.endsWith('/wallets');

function success({ description, content, headers = [] }: AnswerDoc, traits: Traits): Schema {
  const types =
    'name' in content
      ? { 'application/json': { schema: refOf(content.name), example: exampleOf(content.schema) } }
      : Object.fromEntries(content.files.map((type) => [type, { schema: { type: 'string' } }]));
  return { description, headers: referTo([...headersOf(traits), ...headers]), content: types };
}

/** All that one status may mean. The name of a problem's schema is its code, as `discriminator` would have it. */
function problems(possible: readonly ErrorCode[], traits: Traits): Schema {
  const [first, ...others] = possible.map((code) => refOf(code));
  const schema =
    others.length === 0 && first !== undefined
      ? first
      : {
          type: 'object',
          oneOf: possible.map((code) => refOf(code)),
          discriminator: { propertyName: 'code' },
        };
  return {
    description: possible.map((code) => `\`${code}\`: ${problemDocs[code].when}`).join('. '),
    headers: referTo([...headersOf(traits), ...errorHeaders(possible, saysWhen)]),
    content: {
      [problemJson]: {
        schema,
        examples: Object.fromEntries(possible.map((code) => [code, refOf(code, 'examples')])),
      },
    },
  };
}

function notHttp(): Schema {
  const schema = notHttpSchema([400, 408, 431]);
  return {
    description:
      'Bytes that are no HTTP request (400), that did not come in time (408), headers over 16 KiB (431)',
    headers: referTo(headersOf({ isLimited: false, isIdempotent: false })),
    content: { [problemJson]: { schema, example: exampleOf(schema) } },
  };
}
