import { createRequire } from 'node:module';
import type { RequestHandler } from 'express';
import { DomainError } from '../models/errors.ts';

/** Nothing inline, and nothing from elsewhere. The interface's pictures are data: in its style sheet. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Crucible API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="data:,">
    <script src="/docs/swagger-ui-bundle.js" defer></script>
    <script src="/docs/start.js" defer></script>
  </head>
  <body>
    <main id="docs"></main>
  </body>
</html>
`;

/** Without `validatorUrl: null` it would send the document to a validator on the internet. */
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
`;

const { resolve } = createRequire(import.meta.url);

/** Whole, or not at all: neither parts of it nor "not modified" are worth a line in the document. */
const sending = { maxAge: 3_600_000, etag: false, lastModified: false, acceptRanges: false } as const;
// Its folder need not be ours: packages may lie above, in a folder whose name begins with a dot.
const anywhere = { dotfiles: 'allow' } as const;

/** Handlers that tell what the API is: to programs, and to people by Swagger UI. @param document asked for once */
export function docsController(document: () => object) {
  // Bytes, which all answers share: Express would make bytes of a text for each, and who reads slowly keeps them.
  let written: Buffer | undefined;

  const openApi: RequestHandler = (_req, res) => {
    written ??= Buffer.from(JSON.stringify(document()));
    res.type('application/json').send(written);
  };

  const docs: RequestHandler = (_req, res) => {
    res.set('Content-Security-Policy', policy).type('html').send(page);
  };

  const file: RequestHandler = (req, res, next) => {
    const { file: name } = req.params;
    if (name === 'start.js') {
      res.set('Cache-Control', 'public, max-age=3600').type('text/javascript').send(start);
      return;
    }
    if (name !== 'swagger-ui.css' && name !== 'swagger-ui-bundle.js') throw notThere();
    res.sendFile(resolve(`swagger-ui-dist/${name}`), { ...sending, ...anywhere }, (error) => {
      if (error) next(error);
    });
  };

  return { openApi, docs, file };
}

function notThere(): DomainError {
  return new DomainError('NOT_FOUND', 'LOW', 'Nothing was done: there is no such route. Check the address.');
}
