import type { InputRecord } from '../state/records.ts';
import type { MintContext } from './context.ts';
import { compressedHex } from './curve.ts';
import { codes, refuse } from './errors.ts';
import { checkInputs, readPoint } from './inputs.ts';
import type { Json } from './present.ts';
import { amount, type Fields, fields, list, text, texts } from './read.ts';
import { pointOfSecret } from './signing.ts';

/** POST /sim/proofs/spend: as if another wallet had swapped these proofs away. */
export function spendProofs(mint: MintContext, wishes: Fields): Json {
  const proofs = readProofs(mint, wishes);
  for (const { Y } of proofs) {
    if (mint.store.state.proofs.get(Y)?.state === 'SPENT') refuse(codes.proofSpent, `${Y} is spent already`);
  }
  mint.store.commit({ kind: 'proofs_spent_outside', proofs, atMs: mint.settings.clock() });
  return { spent: proofs.length };
}

/** POST /sim/proofs/pending: as if another wallet's payment held these proofs. */
export function holdProofs(mint: MintContext, wishes: Fields): Json {
  const proofs = readProofs(mint, wishes);
  for (const { Y } of proofs) {
    if (mint.store.state.proofs.has(Y)) refuse(codes.proofPending, `${Y} is spent or held already`);
  }
  mint.store.commit({ kind: 'proofs_held_outside', proofs });
  return { pending: proofs.length };
}

/** POST /sim/proofs/unspend: the mint forgets that these proofs were spent or held. */
export function forgetProofs({ store }: MintContext, wishes: Fields): Json {
  const Ys = texts(wishes, 'Ys');
  for (const Y of Ys) {
    const proof = store.state.proofs.get(Y);
    if (proof?.state === 'PENDING' && proof.heldBy !== 'outside') {
      refuse(codes.proofPending, `${Y} is held by a payment under way`);
    }
  }
  store.commit({ kind: 'proofs_forgotten', Ys });
  return { forgotten: Ys.length };
}

/** POST /sim/proofs/honoured: whether the mint would take these proofs now; what they are worth then. Spends nothing. */
export function honourProofs(mint: MintContext, wishes: Fields): Json {
  const { amount: worth } = checkInputs(mint, wishes);
  return { amount: Number(worth) };
}

/**
 * The books stay right only with an amount and a keyset for every proof: `{proofs: [{Y or secret, amount,
 * keysetId or id}]}`, or in columns `{Ys, amounts, keysetIds?}` (the active keyset where none is named).
 */
function readProofs(mint: MintContext, wishes: Fields): InputRecord[] {
  const rows = wishes['proofs'] === undefined ? rowsOfColumns(mint, wishes) : list(wishes, 'proofs');
  return rows.map((row) => readProof(mint, fields(row, 'a proof')));
}

function rowsOfColumns({ keysets }: MintContext, wishes: Fields): Fields[] {
  const amounts = wishes['amounts'] === undefined ? [] : list(wishes, 'amounts');
  const keysetIds = wishes['keysetIds'] === undefined ? [] : list(wishes, 'keysetIds');
  return texts(wishes, 'Ys').map((Y, row) => ({
    Y,
    amount: amounts[row],
    keysetId: keysetIds[row] ?? keysets.active().id,
  }));
}

function readProof({ keysets }: MintContext, proof: Fields): InputRecord {
  const Y =
    proof['secret'] === undefined ? readPoint(text(proof, 'Y'), 'Y') : pointOfSecret(text(proof, 'secret'));
  const keyset = keysets.known(text(proof, proof['id'] === undefined ? 'keysetId' : 'id'));
  return { Y: compressedHex(Y), amount: amount(proof, 'amount'), keysetId: keyset.id, witness: null };
}
