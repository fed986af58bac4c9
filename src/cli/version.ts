import { readFileSync } from 'node:fs';

/** What runs here. The package stands two folders above, in a clone as in the image. */
export function versions(): { crucible: string; node: string } {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : null;
  return { crucible: typeof version === 'string' ? version : 'unknown', node: process.versions.node };
}
