import { createHash } from 'node:crypto';
import express, { type Request, type RequestHandler } from 'express';
import { DomainError } from '../models/errors.ts';
import { contextOf } from './requestContext.ts';

const limitBytes = 64 * 1024;

/**
 * Reads a JSON body of at most 64 KiB. It runs after authentication, so that strangers' bodies are not read at all.
 * Compressed bodies are refused: nothing that we take needs them.
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE; http-errors of body-parser, which `classifyError` knows
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
        contextOf(req).rawBodySha256 = createHash('sha256').update(bytes).digest('hex');
      },
    }),
  ];
}

const refuseOtherTypes: RequestHandler = (req, _res, next) => {
  if (hasBody(req) && !req.is('application/json')) {
    throw new DomainError(
      'UNSUPPORTED_MEDIA_TYPE',
      'LOW',
      'Nothing was done: send the body as JSON, with Content-Type: application/json.',
    );
  }
  next();
};

function hasBody(req: Request): boolean {
  return req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;
}
