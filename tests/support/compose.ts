import { readFileSync } from 'node:fs';
import Joi from 'joi';
import { parse } from 'yaml';

export type Service = {
  image: string;
  command?: string[];
  profiles?: string[];
  environment: Record<string, string | null>;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  volumes?: string[];
  networks?: string[];
  secrets?: string[];
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  logging?: unknown;
};

export type Compose = {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};

/** docker-compose.yml with its anchors and merge keys followed, its variables as they stand. */
export function readCompose(): Compose {
  return parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true });
}

const text = Joi.string().min(1);
const texts = Joi.array().items(text).min(1).unique();
const words = Joi.array().items(text).min(1);
const named = (value: Joi.Schema) => Joi.object().pattern(/^[a-zA-Z0-9._-]+$/, value);
const duration = Joi.string().pattern(/^(\d+h)?(\d+m)?(\d+s)?$/);
/** `NAME:` alone hands on what the environment has; a number would be read as YAML reads it. */
const environment = Joi.object().pattern(/^[A-Z][A-Z0-9_]*$/, Joi.string().allow('', null));
const variable = /\$\{[A-Z_]+:-[^}]*\}/g;

const service = Joi.object({
  image: text.required(),
  build: Joi.object({ context: text.required(), target: text }),
  hostname: text,
  profiles: texts,
  entrypoint: words,
  command: words,
  init: Joi.boolean(),
  restart: Joi.valid('no', 'always', 'on-failure', 'unless-stopped'),
  stop_grace_period: duration,
  depends_on: named(
    Joi.object({
      condition: Joi.valid('service_started', 'service_healthy', 'service_completed_successfully').required(),
    }),
  ),
  healthcheck: Joi.object({
    test: Joi.array().ordered(Joi.valid('CMD').required()).items(text).min(2).required(),
    interval: duration,
    timeout: duration,
    retries: Joi.number().integer().min(1),
    start_period: duration,
  }),
  environment,
  secrets: texts,
  ports: Joi.array().items(
    Joi.string()
      .replace(variable, '127.0.0.1:1')
      .pattern(/^([\d.]+:)?\d+:\d+$/),
  ),
  volumes: Joi.array().items(Joi.string().pattern(/^[\w./-]+:\/[\w./-]+(:ro)?$/)),
  tmpfs: Joi.array().items(Joi.string().pattern(/^\//)),
  networks: texts,
  logging: Joi.object({ driver: text.required(), options: named(Joi.string()) }),
  read_only: Joi.boolean(),
  cap_drop: texts,
  security_opt: texts,
});

const shape = Joi.object({
  services: named(service).required(),
  networks: named(Joi.object({ internal: Joi.boolean() }).allow(null)),
  volumes: named(Joi.valid(null)),
  secrets: named(Joi.object({ file: text.required() })),
})
  .pattern(/^x-/, Joi.any())
  .prefs({ convert: true, abortEarly: false });

/**
 * What the Compose Specification (compose-spec.io) would not take, for the part of it that this file uses: whoever uses
 * more adds it here, which is the place to look it up. Null where there is nothing.
 */
export function shapeProblems(compose: unknown): string | null {
  return shape.validate(compose).error?.message ?? null;
}
