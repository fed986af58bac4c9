/**
 * `npm run generate`: writes src/generated.ts, the types of every route's question and answers and of every error, from the
 * document that the server builds of itself (../src/openapi). `--check` writes nothing and ends with 1 where the file is
 * not what would be written.
 *
 * The server's packages must be installed (`npm ci` in the root), and a Node that runs TypeScript is needed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import { openApiDocument } from '../../src/openapi/document.ts';
import { routeTable } from '../../src/routes.ts';

const file = new URL('../src/generated.ts', import.meta.url);

const header = `/**
 * Made by \`npm run generate\` in client/ from the server's OpenAPI document (src/openapi). Not to be edited: a test
 * compares it with what would be made now.
 */
`;

/** Services that are named when the routes are listed, and never called. */
const nothingBehind = new Proxy({}, { get: () => new Proxy({}, { get: () => () => undefined }) });

const document = JSON.parse(JSON.stringify(openApiDocument(routeTable(nothingBehind))));
const types = header + astToString(await openapiTS(withoutDecoration(document)));

if (!process.argv.includes('--check')) writeFileSync(file, types);
else if (readFileSync(file, 'utf8') !== types) {
  console.error(
    'client/src/generated.ts is not what the server’s document says: run `npm run generate` in client/.',
  );
  process.exitCode = 1;
}

/** Headers and examples make no types that anybody uses, and errors are told once, among the schemas. */
function withoutDecoration(value) {
  if (Array.isArray(value)) return value.map(withoutDecoration);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name]) => !/^(headers|examples?|securitySchemes|NotHttp|[45]\d\d)$/.test(name),
  );
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutDecoration(part)]));
}
