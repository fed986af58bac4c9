import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import type { Access } from '../../src/routes.ts';
import { routes } from '../support/openapi/validators.ts';

/** As people read them. Files that the interface of /docs is made of are nothing to call. */
const served = routes
  .filter(({ path }) => path !== '/docs/:file')
  .map(({ method, path, access }) => ({
    route: `${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    access,
  }));

const inWords = (access: Access): string => {
  switch (access) {
    case 'public':
      return '–';
    case 'metrics':
      return '`CRUCIBLE_METRICS_TOKEN`';
    case 'creation':
      return '`admin`, or `wallet:write` bound to that npub';
    case 'signature':
      return 'signed';
    default:
      return `\`${access}\``;
  }
};

it('the README lists every route, with the scope that it takes, and no other', () => {
  const rows = readFileSync('README.md', 'utf8').matchAll(/^\| `((?:GET|POST) \/[^`]*)` \| (.*?) \|/gm);
  const listed = [...rows].map(([, route = '', scope = '']) => `${route} ${scope}`);
  expect(listed.sort()).toEqual(served.map(({ route, access }) => `${route} ${inWords(access)}`).sort());
});

it('docs/api.md tells every route, and no other', () => {
  const told = readFileSync('docs/api.md', 'utf8').matchAll(/`((?:GET|POST) \/[^`…]*)`/g);
  expect(new Set([...told].map(([, route]) => route))).toEqual(new Set(served.map(({ route }) => route)));
});
