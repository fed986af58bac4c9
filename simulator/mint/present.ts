import type { KeysetRecord, MeltQuote, MintQuote, ProofRecord, SignatureRecord } from '../state/records.ts';
import { jsonNumber } from './amounts.ts';
import type { KeysetKeys } from './keyring.ts';

/** Records as the NUTs spell them. */
export type Json = { readonly [name: string]: unknown };

export function presentSignature(signature: SignatureRecord): Json {
  return {
    id: signature.keysetId,
    amount: jsonNumber(signature.amount),
    C_: signature.C_,
    dleq: signature.dleq,
  };
}

export function presentMintQuote(quote: Readonly<MintQuote>): Json {
  return {
    quote: quote.quote,
    request: quote.request,
    amount: jsonNumber(quote.amount),
    unit: quote.unit,
    state: quote.state,
    expiry: seconds(quote.expiresAtMs),
    ...(quote.pubkey === null ? {} : { pubkey: quote.pubkey }),
  };
}

/** `change` appears once the payment is made and its change signed; with nothing to return it is empty. */
export function presentMeltQuote(quote: Readonly<MeltQuote>): Json {
  return {
    quote: quote.quote,
    request: quote.request,
    amount: jsonNumber(quote.amount),
    unit: quote.unit,
    fee_reserve: jsonNumber(quote.feeReserve),
    state: quote.state,
    expiry: seconds(quote.expiresAtMs),
    payment_preimage: quote.state === 'PAID' ? quote.preimage : null,
    ...(quote.state === 'PAID' && quote.change.kind === 'signed'
      ? { change: quote.change.signatures.map(presentSignature) }
      : {}),
  };
}

export function presentProofState(Y: string, proof: Readonly<ProofRecord> | undefined): Json {
  return { Y, state: proof?.state ?? 'UNSPENT', witness: proof?.witness ?? null };
}

export function presentKeyset(keyset: KeysetRecord): Json {
  return {
    id: keyset.id,
    unit: keyset.unit,
    active: keyset.active,
    input_fee_ppk: keyset.inputFeePpk,
    final_expiry: null,
  };
}

export function presentKeys(keyset: KeysetRecord, keys: KeysetKeys): Json {
  return { ...presentKeyset(keyset), keys: keys.publicKeys };
}

function seconds(atMs: number): number {
  return Math.floor(atMs / 1000);
}
