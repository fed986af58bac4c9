import { readFileSync } from 'node:fs';
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
