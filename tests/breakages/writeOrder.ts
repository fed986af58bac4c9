import { type Breakage, edit } from './breakage.ts';

const courier = 'src/services/melt/courier.ts';
const post = 'src/services/operations/post.ts';
const operations = 'src/repositories/operationWrites.ts';
const minting = 'src/services/minting/mintingSaga.ts';
const order = 'tests/integration/writeOrder.test.ts';
const guards = 'tests/integration/transactionGuards.test.ts';
const change = 'tests/integration/change.test.ts';

/** Intent before request, reply before its reading, and what counts as a good reply. */
export const writeOrder: Breakage[] = [
  {
    name: 'a melt leaves before its intent is committed',
    edits: [
      edit(
        courier,
        `    const sent = await depart(operation, melting, now());
    const reply = submit(sent, 'melt', mints.at(operation.mintUrl).gateway);`,
        `    const early = await submit(operation, 'melt', mints.at(operation.mintUrl).gateway);
    const sent = await depart(operation, melting, now());
    const reply = Promise.resolve(early);`,
      ),
    ],
    caughtBy: order,
    test: 'stands in the database when the request arrives',
  },
  {
    name: 'a swap or a fence leaves before its intent is committed',
    edits: [
      edit(
        courier,
        `    const sent = await depart(operation, of, now());
    const reply = await submit(sent, of.purpose, mints.at(operation.mintUrl).gateway);`,
        `    const reply = await submit(operation, of.purpose, mints.at(operation.mintUrl).gateway);
    const sent = await depart(operation, of, now());`,
      ),
    ],
    caughtBy: order,
    test: 'stands in the database when the request arrives',
  },
  {
    name: 'an issue leaves before its intent is committed',
    edits: [
      edit(
        minting,
        `    const sent = await move(operation, { state: 'issuing', attempts }, 'issue request goes to the mint');
    const exchange = await mints.at(operation.mintUrl).gateway.submit('mint/bolt11', sending.requestBody);`,
        `    const exchange = await mints.at(operation.mintUrl).gateway.submit('mint/bolt11', sending.requestBody);
    const sent = await move(operation, { state: 'issuing', attempts }, 'issue request goes to the mint');`,
      ),
    ],
    caughtBy: order,
    test: 'stands in the database when the request arrives',
  },
  {
    name: 'a reply is interpreted before it is stored',
    edits: [
      edit(
        courier,
        'return operations.transition(current, { attempts, ...noted }, event, at);',
        `if (current.id === event) throw new Error(event);
      return Promise.resolve({ ...current, attempts, ...noted });`,
      ),
    ],
    caughtBy: order,
    test: 'is stored before anything is concluded from it',
  },
  {
    name: 'the reply to an issue is interpreted before it is stored',
    edits: [
      edit(
        minting,
        `    return move(
      sent,
      { attempts: withAttempt(sent.attempts, stored), unverified: isSigned ? sent.unverified : null },
      \`issue reply stored (HTTP \${exchange.httpStatus}\${backendIn(exchange)})\`,
    );`,
        '    return { ...sent, attempts: withAttempt(sent.attempts, stored) };',
      ),
    ],
    caughtBy: order,
    test: 'is stored before anything is concluded from it',
  },
  {
    name: 'the reply to a repeat replaces one that says PAID',
    edits: [
      edit(
        post,
        'return paid ? { ...after, reply: before.reply } : after;',
        'return paid ? { ...after } : after;',
      ),
    ],
    caughtBy: order,
    test: 'PAID stays',
  },
  {
    name: 'a transition does not ask whether the operation has changed',
    edits: [
      edit(
        operations,
        'state: operation.state,\n        version: operation.version,\n      },',
        'state: operation.state,\n      },',
      ),
    ],
    caughtBy: guards,
    test: 'decided on what is no longer so',
  },
  {
    name: 'a transition that missed goes on as if it had not',
    edits: [edit(operations, 'if (!isMoved) return null;', '')],
    caughtBy: guards,
    test: 'decided on what is no longer so',
  },
  {
    name: 'a signature is taken without its proof being checked (NUT-12)',
    edits: [
      edit(
        'src/services/ecash/arithmeticJobs.ts',
        'if (dleq !== undefined && !curve.isDleqGood(dleq, output.B_, C_, K)) return null;',
        '',
      ),
    ],
    caughtBy: change,
    test: 'in another order',
  },
  {
    name: 'change without proofs is matched by its place',
    edits: [
      edit(
        'src/services/ecash/unblinding.ts',
        'output !== undefined && signature.dleq !== undefined ? [{',
        'output !== undefined ? [{',
      ),
    ],
    caughtBy: change,
    test: 'in another order and without proofs',
  },
  {
    name: 'the mint chooses what our outputs are worth',
    edits: [
      edit(
        'src/services/ecash/arithmeticJobs.ts',
        "if (output.role !== 'blank' && signature.amount !== output.amount) return null;",
        '',
      ),
    ],
    caughtBy: 'tests/integration/lyingMintForEver.test.ts',
    test: 'and calls its issue signatures larger in NUT-09 too',
  },
  {
    name: 'a swap of which some signatures are bad is taken as far as it goes',
    edits: [
      edit(
        'src/services/ecash/redemption.ts',
        `  return proofs.length === signed.outputs.length
    ? { kind: 'proofs', redeemed: proofs }
    : { kind: 'unverified' };`,
        "  return { kind: 'proofs', redeemed: proofs };",
      ),
    ],
    caughtBy: 'tests/integration/lyingMintForEver.test.ts',
    test: 'and calls its swap signatures larger in NUT-09 too',
  },
  {
    name: 'a paid melt is settled although its change is missing',
    edits: [
      edit(
        'src/services/melt/saga.ts',
        'if (change.complete) return settle(operation, payment, change);',
        'if (change.proofs.length >= 0) return settle(operation, payment, change);',
      ),
    ],
    caughtBy: change,
    test: 'that is signed late',
  },
  {
    name: 'missing change is given up after a day of silence',
    edits: [
      edit('src/services/melt/saga.ts', 'const givenUp = change.answered && now()', 'const givenUp = now()'),
    ],
    caughtBy: 'tests/integration/lateChange.test.ts',
    test: 'late change is still waited for',
  },
];
