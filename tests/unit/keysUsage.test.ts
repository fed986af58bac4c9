import { expect, it } from '@jest/globals';
import { keys, UsageError } from '../../src/cli/keys.ts';

const npub = 'npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6';

it.each([
  [['create', '--scopes', 'everything'], /no scope "everything"/],
  [['create'], /--scopes is missing/],
  [['create', '--scopes', 'wallet:melt', '--budget', '0'], /--budget must be a whole number from 1/],
  [['create', '--scopes', 'wallet:melt', '--budget', '1.5'], /--budget must be a whole number/],
  [['create', '--scopes', 'wallet:melt', '--budget', '9007199254740992'], /--budget must be a whole number/],
  [['create', '--scopes', 'wallet:read', '--budget', '5'], /needs the scope wallet:melt/],
  [['create', '--scopes', 'wallet:read', '--days', '-1'], /options make no sense|--days/],
  [['create', '--scopes', 'wallet:read', '--npub', npub.slice(0, -1)], /whole npub/],
  [['create', '--scopes', 'admin', '--npub', npub], /cannot be bound/],
  [['create', '--scopes', 'admin', '--label', 'a\u001b[2J'], /printable/],
  [['list', 'everything'], /options make no sense/],
  [['revoke'], /takes the id of one key/],
  [['revoke', 'crk_0123456789abcdef_secret'], /takes the id of one key/],
  [['revoke', '0123456789abcdef', '0123456789abcdef'], /takes the id of one key/],
  [[], /what about them/],
])('wrong usage is told before anything is opened: keys %j', async (words, says) => {
  const ended = await keys(words).catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(UsageError);
  expect(String(ended)).toMatch(says);
  expect(String(ended)).not.toContain('secret');
});
