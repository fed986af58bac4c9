import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isNpub } from '../../../src/models/npub.ts';
import { unitPattern } from '../../../src/models/units.ts';
import { openApiDocument } from '../../../src/openapi/document.ts';
import { isSchema, type SchemaValue } from '../../../src/openapi/schema.ts';
import { type Route, routeTable } from '../../../src/routes.ts';
import type { Services } from '../../../src/services/contracts.ts';

/** Every route there is. Its handlers are not to be called. */
export const routes: Route[] = routeTable(nothingBehind());

/** The document as it is served. */
export const document = openApiDocument(routes);

function nothingBehind(): Services {
  const nobody = () => {
    throw new Error('no handler runs here');
  };
  const services: object = new Proxy({}, { get: () => new Proxy({}, { get: () => nobody }) });
  if (!isServices(services)) throw new Error('a stand-in for services is none');
  return services;
}

function isServices(stub: object): stub is Services {
  return typeof stub === 'object';
}

/**
 * The same, but for members that nobody has described: clients must put up with new ones, and we must not have them without
 * saying so.
 */
function closed(value: SchemaValue): SchemaValue {
  if (Array.isArray(value)) return value.map(closed);
  if (!isSchema(value)) return value;
  const inside = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, closed(part)]));
  return isSchema(inside['properties']) && inside['required'] !== undefined
    ? { additionalProperties: false, ...inside }
    : inside;
}

const ajv = new Ajv2020({ discriminator: true, allowUnionTypes: true, allErrors: true, inlineRefs: false });
addFormats.default(ajv);
ajv
  .addFormat('npub', isNpub)
  .addFormat('bolt11', true)
  .addFormat('cursor', /^[A-Za-z0-9_-]+$/)
  .addFormat('report-cursor', /^[A-Za-z0-9_-]+$/)
  .addFormat('cashu-pubkey', /^[!-~]+$/)
  .addFormat('cashu-token', true)
  .addFormat('mint-url', /^[!-~]{1,2048}$/)
  .addFormat('mint-unit', unitPattern);
// The document around the schemas, which ajv takes for one.
ajv.addVocabulary(Object.keys(document));
ajv.addSchema({ $id: 'api', ...Object(closed(document)) });

const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a value by the schema at this place of the document, each as a sentence. Compiled once. */
export function wrongWith(value: unknown, ...place: string[]): string[] {
  const pointer = place.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
  const at = `api#/${encodeURI(pointer)}`;
  const validate = compiled.get(at) ?? ajv.getSchema(at);
  if (validate === undefined) throw new Error(`the document has no schema at ${at}`);
  compiled.set(at, validate);
  return validate(value) ? [] : (validate.errors ?? []).map(inWords);
}

function inWords({ instancePath, message = 'is wrong', params }: ErrorObject): string {
  const which: unknown = params['additionalProperty'] ?? params['allowedValue'] ?? params['allowedValues'];
  const more = which === undefined ? '' : ` (${JSON.stringify(which)})`;
  return `${instancePath === '' ? 'the whole' : instancePath} ${message}${more}`;
}
