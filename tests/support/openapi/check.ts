import { templateOf } from '../../../src/openapi/parameters.ts';
import { isSchema, type Schema, type SchemaValue } from '../../../src/openapi/schema.ts';
import { document, routes, wrongWith } from './validators.ts';

/** One request and its answer, as the server has seen them. Header names in lower case. */
export type Exchange = {
  method: string;
  path: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  /** What was asked; null where none of it was read. */
  asked: string | null;
};

/** Headers of HTTP itself, of browsers' security and of CORS: of no interest to a document of the API. */
const ordinary =
  /^(access-control-.*|cache-control|connection|content-(length|type|security-policy)|cross-origin-.*|date|keep-alive|origin-agent-cluster|referrer-policy|strict-transport-security|transfer-encoding|vary|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection))$/;

/** What the document does not say of an exchange, or says otherwise; each as a sentence that names route and status. */
export function undocumented(exchange: Exchange): string[] {
  const { method, status } = exchange;
  // A browser's preflight, which no program sends and no document describes.
  if (method === 'OPTIONS' && status === 204) return [];
  const { name, place } = placeOf(exchange);
  const answer = at(place);
  const told =
    answer === null ? ['this status is not in the document'] : wrongAnswer(exchange, answer, place);
  return told.map((sentence) => `${name} → ${status}: ${sentence}`);
}

/** For bytes that are no request. */
export function undocumentedRefusal({ status, headers, body }: Omit<Exchange, 'method' | 'path' | 'asked'>) {
  const place = ['components', 'responses', 'NotHttp'];
  const exchange = { method: '', path: '', status, headers, body, asked: null };
  return wrongAnswer(exchange, at(place) ?? {}, place).map((sentence) => `no HTTP → ${status}: ${sentence}`);
}

/** Where the document describes this answer. */
function placeOf({ method, path, status }: Exchange): { name: string; place: string[] } {
  const [pathname = ''] = path.split('?');
  const here = routes.filter((route) => patternOf(route.path).test(pathname));
  const [first] = here;
  if (first === undefined)
    return { name: `${method} ${pathname}`, place: offRoute(status, { 404: 'NotFound' }) };
  const template = templateOf(first.path);
  const name = `${method} ${template}`;
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const isTaken = here.some((route) => route.path === first.path && route.method === verb);
  return {
    name,
    place: isTaken
      ? ['paths', template, verb, 'responses', String(status)]
      : offRoute(status, { 405: 'MethodNotAllowed' }),
  };
}

/** What is refused before anybody looks for a route is refused off them, too. */
function offRoute(status: number, usual: Record<number, string>): string[] {
  const names: Record<number, string> = {
    400: 'BadRequest',
    429: 'TooManyRequests',
    503: 'ShuttingDown',
    ...usual,
  };
  return ['components', 'responses', names[status] ?? `none for ${status}`];
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`, 'i');

function at(place: readonly string[]): Schema | null {
  let found: SchemaValue | undefined = document;
  for (const name of place) found = isSchema(found) ? found[name] : undefined;
  return isSchema(found) ? found : null;
}

function wrongAnswer(exchange: Exchange, answer: Schema, place: string[]): string[] {
  const { method, headers, body, status } = exchange;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  const wrongBody = method === 'HEAD' ? [] : wrongContent(type, body, answer['content'], place);
  const wrongRequest = status < 300 ? wrongQuestion(exchange, place.slice(0, 3)) : [];
  return [...wrongHeaders(headers, answer['headers']), ...wrongBody, ...wrongRequest];
}

function wrongContent(
  type: string,
  body: string,
  content: SchemaValue | undefined,
  place: string[],
): string[] {
  if (!isSchema(content) || content[type] === undefined)
    return [`the media type ${type || '(none)'} is not in the document`];
  if (!type.endsWith('json')) return [];
  const json: unknown = JSON.parse(body);
  const wrong = wrongWith(json, ...place, 'content', type, 'schema');
  const code: unknown = Object(json).code;
  return typeof code === 'string' ? wrong.map((sentence) => `${code}: ${sentence}`) : wrong;
}

function wrongHeaders(headers: Record<string, string>, documented: SchemaValue | undefined): string[] {
  const known = Object.entries(isSchema(documented) ? documented : {});
  const names = known.map(([name]) => name.toLowerCase());
  const unknown = Object.keys(headers).filter((name) => !ordinary.test(name) && !names.includes(name));
  return [
    ...unknown.map((name) => `the header ${name} is not in the document`),
    ...known.flatMap(([name, header]) => {
      const value = headers[name.toLowerCase()];
      const place = String(Object(header).$ref).split('/').slice(1);
      if (value === undefined)
        return at(place)?.['required'] === true ? [`the header ${name} is missing`] : [];
      return wrongWith(value, ...place, 'schema').map((wrong) => `header ${name}: ${wrong}`);
    }),
  ];
}

/** What was taken must be what the document asks for. */
function wrongQuestion({ asked }: Exchange, operation: string[]): string[] {
  if (asked === null || asked === '') return [];
  const place = [...operation, 'requestBody', 'content', 'application/json', 'schema'];
  if (at(place) === null) return ['a body was sent, and the document has none'];
  return wrongWith(JSON.parse(asked), ...place).map((wrong) => `taken, though in the request ${wrong}`);
}
