import { DomainError } from '../../models/errors.ts';
import type { ReportDraft } from '../../models/report.ts';
import { inOrder, unitPattern } from '../../models/units.ts';
import { type Cached, cached } from './cached.ts';
import type { MintLimits } from './courtesy.ts';
import { type Answer, createMintGateway, type MintGateway, type MintHealth } from './gateway.ts';
import { createKeysetDirectory, type KeysetDirectory, type KeysetInfo } from './keysets.ts';
import { createPaymentLane, type PaymentLane } from './lane.ts';
import { demandOfMint, mintError } from './mintError.ts';
import { createReplacedMints } from './replacedMints.ts';
import { keysetRetiredCodes, refusalIn } from './replies.ts';
import { createSharedKeysets, sharedKeysetReport } from './sharedKeysets.ts';
import type { Exchange, Transport } from './transport.ts';
import { asList, asRecord, asText, type JsonRecord } from './wire.ts';

/** Who a wallet believes its mint to be. */
type BoundToMint = { mintUrl: string; mintId: string | null };

/** A mint as Crucible uses it. */
export type Mint = { gateway: MintGateway; keysets: KeysetDirectory; payments: PaymentLane };

export type MintDescription = {
  mintUrl: string;
  mintId: string | null;
  /** Those in which it makes and pays Lightning invoices (NUT-04, NUT-05): sat, msat, and then as it lists them. */
  units: readonly string[];
  locksQuotes: boolean;
  /** Units in which it pays invoices that leave the amount to the payer (NUT-23). */
  amountlessUnits: readonly string[];
  /** It says of itself that it is the simulator (simulator/mint/info.ts). */
  isSimulated: boolean;
};

export type MintDirectory = {
  /** The mint at an allowed address. @throws DomainError VALIDATION_ERROR for any other. */
  at(mintUrl: string): Mint;
  /** Who the mint is and what it can (NUT-06), checked for what Crucible cannot do without. */
  describe(mintUrl: string): Promise<MintDescription>;
  /** The same, for a wallet made at this mint. @throws DomainError MINT_ERROR if another mint answers at its address. */
  describeFor(wallet: BoundToMint): Promise<MintDescription>;
  health(): ({ url: string } & MintHealth)[];
  /** The addresses of all of them. */
  readonly urls: readonly string[];
  /** Mints whose waiting operations may be looked at just now: the others are silent, or have asked for patience. */
  awake(): string[];
  /** Whether one of them may be looked at; see `Breaker`. */
  admitsLook(mintUrl: string): boolean;
  /** The look that was admitted last was not made. */
  returnLook(mintUrl: string): void;
};

const infoMaxAgeMs = 10 * 60_000;
const soonSeconds = 7 * 24 * 3600;

/** All mints that this server may talk to. `tell`: people should hear of it, whoever noticed. */
export function createMintDirectory(
  urls: readonly string[],
  transport: Transport,
  limits: MintLimits & { paymentsPerMint: number },
  tell: (draft: ReportDraft) => void = () => undefined,
): MintDirectory {
  const mints = new Map<string, Mint & { info: Cached<JsonRecord> }>();
  const sharedKeysets = createSharedKeysets((shared) => tell(sharedKeysetReport(shared)));
  const replaced = createReplacedMints(tell);
  /** Two mints at one origin are one server, perhaps: they share connections, so they share places. */
  const lanes = new Map<string, PaymentLane>();
  for (const url of urls) {
    const gateway = createMintGateway(url, transport, limits);
    const keysets = createKeysetDirectory(gateway, sharedKeysets);
    const info = cached(() => gateway.get('info'));
    const { origin } = new URL(url);
    const payments = lanes.get(origin) ?? createPaymentLane(limits.paymentsPerMint);
    lanes.set(origin, payments);
    mints.set(url, { gateway: noticingRetiredKeysets(gateway, keysets), keysets, payments, info });
  }
  if (urls.length === 0) throw new Error('at least one mint must be configured');

  function at(mintUrl: string): Mint & { info: Cached<JsonRecord> } {
    const mint = mints.get(mintUrl);
    if (mint === undefined) {
      throw new DomainError(
        'VALIDATION_ERROR',
        'LOW',
        'Nothing was done: this server does not use that mint.',
        {
          members: {
            details: [{ field: 'mintUrl', message: 'is not one of the mints that this server uses' }],
          },
        },
      );
    }
    return mint;
  }

  async function describe(mintUrl: string): Promise<MintDescription> {
    return readInfo(mintUrl, answered(await at(mintUrl).info.get(infoMaxAgeMs), 'tell what it can do'));
  }

  return {
    at,
    describe,
    async describeFor(wallet) {
      const description = await describe(wallet.mintUrl);
      if (wallet.mintId !== null && description.mintId !== wallet.mintId) {
        replaced.note(wallet.mintUrl);
        throw mintError(
          'at this address is not the one that the wallet was made for (its public key differs)',
        );
      }
      return description;
    },
    health: () => [...mints.values()].map(({ gateway }) => ({ url: gateway.url, ...gateway.health() })),
    urls: [...mints.keys()],
    awake: () => [...mints].filter(([, { gateway }]) => !gateway.isResting()).map(([url]) => url),
    admitsLook: (mintUrl) => at(mintUrl).gateway.admitsLook(),
    returnLook: (mintUrl) => at(mintUrl).gateway.returnLook(),
  };
}

/** A refusal because of a keyset says that the listing is out of date, whoever reads the refusal and whenever. */
function noticingRetiredKeysets(gateway: MintGateway, keysets: KeysetDirectory): MintGateway {
  return {
    ...gateway,
    async submit(path, body) {
      const exchange = await gateway.submit(path, body);
      if (saysKeysetRetired(exchange)) keysets.forgetListing();
      return exchange;
    },
  };
}

function saysKeysetRetired(exchange: Exchange): boolean {
  const code = exchange.kind === 'reply' ? refusalIn(exchange)?.code : null;
  return typeof code === 'number' && keysetRetiredCodes.has(code);
}

/**
 * Keyset for new outputs; see `bestActive`. `refused`: ids of those that the mint has refused to sign with, the longest ago
 * first. A list may be older than its refusals, so one of them is named only where no other is active: then each in its turn.
 * @throws DomainError MINT_ERROR when there is none
 */
export function activeKeyset(
  keysets: readonly KeysetInfo[],
  unit: string,
  nowMs: number,
  refused: readonly string[] = [],
): KeysetInfo {
  const untried = keysets.filter(({ id }) => !refused.includes(id));
  const inTurn = refused.map((refusedId) => keysets.filter(({ id }) => id === refusedId));
  const best = [untried, ...inTurn]
    .map((some) => bestActive(some, unit, nowMs))
    .find((keyset) => keyset !== undefined);
  if (best === undefined) throw mintError('has no active keyset for this unit');
  return best;
}

/** The best of these keysets for new outputs: active, of the unit, not about to expire where another will do, cheapest to spend. */
export function bestActive(
  keysets: readonly KeysetInfo[],
  unit: string,
  nowMs: number,
): KeysetInfo | undefined {
  const nowSeconds = nowMs / 1000;
  const expiresSoon = ({ finalExpiry }: KeysetInfo) =>
    Number(finalExpiry !== null && finalExpiry < nowSeconds + soonSeconds);
  const [best] = keysets
    .filter((keyset) => keyset.active && keyset.unit === unit)
    .filter(({ finalExpiry }) => finalExpiry === null || finalExpiry > nowSeconds)
    .sort(
      (a, b) =>
        expiresSoon(a) - expiresSoon(b) || Number(a.inputFeePpk - b.inputFeePpk) || (a.id < b.id ? -1 : 1),
    );
  return best;
}

/**
 * What a mint lists, by keyset id. One listing that leaves out the keyset of a proof of ours proves little: another is asked
 * for. @throws DomainError MINT_UNAVAILABLE, MINT_ERROR
 */
export async function listedFor(
  proofs: readonly { keysetId: string }[],
  { keysets }: Pick<Mint, 'keysets'>,
  maxAgeMs: number,
): Promise<ReadonlyMap<string, KeysetInfo>> {
  const listed = async (ageMs: number) =>
    new Map(answered(await keysets.list(ageMs), 'list its keysets').map((info) => [info.id, info]));
  const known = await listed(maxAgeMs);
  return proofs.every(({ keysetId }) => known.has(keysetId)) ? known : listed(0);
}

/** The value of an answer; every other outcome as a refusal of our own, before anything was at stake. */
export function answered<T>(answer: Answer<T>, doing: string): T {
  switch (answer.kind) {
    case 'answer':
      return answer.value;
    case 'unreachable':
      throw new DomainError(
        'MINT_UNAVAILABLE',
        'HIGH',
        'The mint does not answer. Nothing was started and no money moved. Try again shortly.',
        {
          retryable: true,
          ...(answer.trouble === undefined ? {} : { about: { backendTrouble: answer.trouble } }),
        },
      );
    case 'refused':
      throw mintError(`refused to ${doing}`, answer.code, answer.trouble);
    case 'nonsense':
      throw mintError(`gave an answer that makes no sense when asked to ${doing}`);
  }
}

const needed = ['7', '8', '9'] as const;

function readInfo(mintUrl: string, info: JsonRecord): MintDescription {
  const nuts = asRecord(info['nuts']);
  const missing = needed.filter((nut) => asRecord(nuts?.[nut])?.['supported'] !== true);
  if (missing.length > 0) {
    throw mintError(
      `does not offer NUT-0${missing.join(', NUT-0')}, without which a payment cannot be made safe`,
    );
  }
  const pays = bolt11Methods(nuts?.['5']);
  if (pays.length === 0) throw mintError('does not pay Lightning invoices (bolt11)');
  const made = unitsOf(bolt11Methods(nuts?.['4']));
  return {
    mintUrl,
    mintId: asText(info['pubkey'], 66) ?? null,
    units: inOrder(unitsOf(pays).filter((unit) => made.includes(unit))),
    locksQuotes: asRecord(nuts?.['20'])?.['supported'] === true,
    amountlessUnits: unitsOf(pays.filter((method) => asRecord(method?.['options'])?.['amountless'] === true)),
    isSimulated: asText(info['version'], 200)?.startsWith('CrucibleSimulator/') === true,
  };
}

/** The unit of a wallet that is to be at this mint, where nobody asks for another. @throws DomainError MINT_ERROR: there is none */
export function firstUnit({ units: [first] }: Pick<MintDescription, 'units'>): string {
  demandOfMint(
    first !== undefined,
    'has no unit in which it both makes and pays Lightning invoices (bolt11)',
  );
  return first;
}

const bolt11Methods = (nut: unknown): JsonRecord[] =>
  (asList(asRecord(nut)?.['methods'], 1_000) ?? [])
    .map(asRecord)
    .filter((method) => method !== undefined)
    .filter((method) => method['method'] === 'bolt11');

const unitsOf = (methods: readonly JsonRecord[]): string[] =>
  methods.map((method) => asText(method['unit'], 32) ?? '').filter((unit) => unitPattern.test(unit));
