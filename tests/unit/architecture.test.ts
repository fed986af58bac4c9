import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { violations } from '../support/architecture.ts';

const sourcePaths = globSync('src/**/*.ts').map((path) => path.replaceAll('\\', '/'));

test('src keeps the rules of the architecture', () => {
  expect(sourcePaths.length).toBeGreaterThan(0);
  const broken = sourcePaths.flatMap((path) => violations(path, readFileSync(path, 'utf8')));
  expect(broken).toEqual([]);
});

describe('the rules bite', () => {
  test('a file of more than 300 lines', () => {
    expect(violations('src/services/a.ts', 'step();\n'.repeat(300))).toEqual([]);
    expect(violations('src/services/a.ts', 'step();\n'.repeat(301))).toEqual([
      expect.stringContaining('301 lines'),
    ]);
  });

  test.each([
    ['src/models/token.ts', `import { tokens } from '../repositories/tokens.ts';`, 'models may not import'],
    [
      'src/repositories/tokens.ts',
      `import { melt } from '../services/melt/service.ts';`,
      'repositories may not',
    ],
    [
      'src/services/melt/saga.ts',
      `import { app } from '../../app.ts';`,
      'services may not import from app.ts',
    ],
    ['src/controllers/melt.ts', `import { tokens } from '../repositories/tokens.ts';`, 'controllers may not'],
    [
      'src/controllers/melt.ts',
      `import {\n  a,\n  b,\n} from '../repositories/tokens.ts';`,
      'controllers may not',
    ],
    ['src/middleware/auth.ts', `export * from '../controllers/melt.ts';`, 'middleware may not import'],
    ['src/services/a.ts', `const late = await import('../controllers/melt.ts');`, 'services may not import'],
    [
      'src/services/a.ts',
      `import { loadConfig } from '../config.ts';`,
      'services may not import from config.ts',
    ],
    [
      'src/services/a.ts',
      `import type { Context } from '../context.ts';`,
      'services may not import from context.ts',
    ],
    ['src/index.ts', `import { Simulator } from '../simulator/index.ts';`, 'outside src'],
    ['src/context.ts', `import { startReplicaSet } from '../dev/mongod.ts';`, 'outside src'],
    ['src/cli/doctor.ts', `import '../../tests/support/mongo.ts';`, 'outside src'],
    ['src/services/a.ts', `import type { Request } from 'express';`, 'Express belongs'],
    ['src/context.ts', `import express from 'express';`, 'Express belongs'],
    ['src/services/a.ts', `import mongoose from 'mongoose';`, 'mongoose belongs'],
    ['src/controllers/a.ts', `import { ObjectId } from 'mongodb';`, 'mongoose belongs'],
    [
      'src/services/melt/saga.ts',
      `import { hashToCurve, Wallet } from '@cashu/cashu-ts';`,
      'network classes',
    ],
    ['src/services/melt/saga.ts', `import * as cashu from '@cashu/cashu-ts';`, 'network classes'],
    ['src/models/proof.ts', `import { hashToCurve } from '@cashu/cashu-ts';`, 'cashu-ts belongs in services'],
    [
      'src/services/ecash/locks.ts',
      `import { isPoint } from 'tiny-secp256k1';`,
      'behind services/ecash/curve.ts',
    ],
    ['src/services/a.ts', `const port = process.env['PORT'];`, 'only config.ts'],
    ['src/services/a.ts', `import { env } from 'node:process';`, 'only config.ts'],
    ['src/logger.ts', `import { melt } from './services/melt.ts';`, 'logger.ts may not import'],
  ])('%s: %j', (path, source, sentence) => {
    expect(violations(path, source)).toEqual([expect.stringContaining(sentence)]);
  });
});

test.each([
  ['src/services/melt/saga.ts', `import { hashToCurve, type Wallet } from '@cashu/cashu-ts';`],
  ['src/services/mint/gateway.ts', `import { Mint } from '@cashu/cashu-ts';`],
  ['src/services/melt/saga.ts', `import type { Config } from '../../config.ts';`],
  [
    'src/controllers/melt.ts',
    `import { Router } from 'express';\nimport { melt } from '../services/melt.ts';`,
  ],
  [
    'src/context.ts',
    `import { tokens } from './repositories/tokens.ts';\nimport { createApp } from './app.ts';`,
  ],
  ['src/config.ts', `export const port = process.env['PORT'];`],
  ['src/services/a.ts', `// import mongoose from 'mongoose'; process.env\n/** process.env */`],
  ['src/services/a.ts', `import { logger } from '../logger.ts';`],
])('%s is allowed: %j', (path, source) => {
  expect(violations(path, source)).toEqual([]);
});
