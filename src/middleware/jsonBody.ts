import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import express, { type Request, type RequestHandler } from 'express';
import { DomainError, validationError } from '../models/errors.ts';
import { contextOf } from './requestContext.ts';

const limitBytes = 64 * 1024;

/**
 * Reads a JSON body of at most 64 KiB. It runs after authentication, so that strangers' bodies are not read at all.
 * Compressed bodies are refused: nothing that we take needs them.
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, VALIDATION_ERROR; http-errors of body-parser, which `classifyError` knows
 */
export function jsonBody(): RequestHandler[] {
  return [
    refuseOtherTypes,
    express.json({
      limit: limitBytes,
      strict: true,
      inflate: false,
      type: 'application/json',
      verify: (req, _res, bytes) => {
        // Decoding would put a mark in place of what is none: then the body that is acted on is not the one that was sent.
        if (!isUtf8(bytes)) throw validationError([{ field: 'body', message: 'is not UTF-8' }]);
        contextOf(req).rawBodySha256 = createHash('sha256').update(bytes).digest('hex');
      },
    }),
  ];
}

const refuseOtherTypes: RequestHandler = (req, _res, next) => {
  if (hasBody(req) && !(req.is('application/json') && saysUtf8(req))) {
    throw new DomainError(
      'UNSUPPORTED_MEDIA_TYPE',
      'LOW',
      'Nothing was done: send the body as JSON in UTF-8, with Content-Type: application/json.',
    );
  }
  // Node takes off `chunked`, and leaves on whatever else was put around the body.
  if (!/^(chunked)?$/i.test(req.get('transfer-encoding') ?? '')) {
    throw new DomainError(
      'UNSUPPORTED_MEDIA_TYPE',
      'LOW',
      'Nothing was done: send the body uncompressed, with no Transfer-Encoding but chunked.',
    );
  }
  // The parser would first read to its end what it will not take.
  if (Number(req.get('content-length') ?? 0) > limitBytes) throw bodyTooLarge();
  next();
};

/** The parser would take UTF-7, UTF-16 and UTF-32, too. JSON on a network is UTF-8 (RFC 8259, 8.1). */
function saysUtf8(req: Request): boolean {
  const [, charset] = /;\s*charset\s*=\s*"?([^";]*)/i.exec(req.get('content-type') ?? '') ?? [];
  return charset === undefined || charset.trim().toLowerCase() === 'utf-8';
}

/** More than 64 KiB. */
export const bodyTooLarge = (): DomainError =>
  new DomainError(
    'PAYLOAD_TOO_LARGE',
    'LOW',
    'Nothing was done: the body is larger than 64 KiB. Send a smaller one.',
  );

function hasBody(req: Request): boolean {
  return req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
}
