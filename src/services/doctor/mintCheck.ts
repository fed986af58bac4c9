import { DomainError } from '../../models/errors.ts';
import type { Profile } from '../../models/profile.ts';
import type { Answer } from '../mint/gateway.ts';
import { bestActive, type MintDescription, type MintDirectory } from '../mint/mints.ts';
import { asDetail, asRecord, asUnixTime, type JsonRecord } from '../mint/wire.ts';
import { type Finding, fine, notice, wrong } from './findings.ts';

/** A mint's time has whole seconds, and may come out of a cache. */
const mostClockSkewMs = 60_000;
/** As long as a quote may take where all is well. */
const slowMs = 1_000;
/** NUTs that a mint can do without, and is better with: news over a socket, replies kept, locked quotes. */
const welcome = ['17', '19', '20'];

/**
 * Asks a mint what it is and what its keysets are. It is asked for no quote: each would stay with the mint as something
 * that nobody pays.
 */
export async function checkMint(
  mints: Pick<MintDirectory, 'at' | 'describe'>,
  subject: string,
  { profile, now }: { profile: Profile | null; now: () => Date },
): Promise<Finding[]> {
  const startedMs = performance.now();
  const info = await mints.at(subject).gateway.get('info');
  const tookMs = Math.round(performance.now() - startedMs);
  if (info.kind !== 'answer') return [wrong('mint', silence(info), { subject, next: callOperator })];
  const description = await mints.describe(subject).catch(refusal);
  if (typeof description === 'string') return [wrong('mint', description, { subject, next: callOperator })];
  return [
    fine('mint', `${versionIn(info.value)} answers in ${tookMs} ms. ${abilities(description, info.value)}`, {
      subject,
    }),
    ...(tookMs > slowMs ? [notice('mint', 'It answers slowly: more than a second.', { subject })] : []),
    ...simulation(description, profile),
    ...(await keysetFindings(mints, description, now)),
    ...clockFindings(subject, info.value, now),
  ];
}

const callOperator =
  'See whether MINT_URL is right and can be reached from here; else tell the mint’s operator.';

function silence(answer: Exclude<Answer<JsonRecord>, { kind: 'answer' }>): string {
  switch (answer.kind) {
    case 'unreachable':
      return 'It does not answer.';
    case 'refused':
      return `It refuses to tell what it is (HTTP ${answer.httpStatus}).`;
    case 'nonsense':
      return 'What it says of itself makes no sense.';
  }
}

/** What is wrong, without what a client is told about his money. */
function refusal(error: unknown): string {
  if (error instanceof DomainError) return `${error.message.split('. ')[0]}.`;
  throw error;
}

/** In its own words, made harmless. */
const versionIn = (info: JsonRecord): string => asDetail(info['version']) || 'A mint without a version';

function abilities({ units }: MintDescription, info: JsonRecord): string {
  const nuts = asRecord(info['nuts']);
  const lacking = welcome.filter((nut) => asRecord(nuts?.[nut]) === undefined);
  const lacks = lacking.length === 0 ? '' : `, without NUT-${lacking.join(', NUT-')}`;
  return `It makes and pays Lightning invoices in ${units.join(', ') || 'no unit'}${lacks}.`;
}

function simulation({ isSimulated, mintUrl }: MintDescription, profile: Profile | null): Finding[] {
  if (!isSimulated) return [];
  const says = 'It is a simulated mint: its money is worth nothing.';
  const verdict = profile === 'production' ? wrong : notice;
  return [verdict('mint', says, { subject: mintUrl })];
}

/** In each unit there must be a keyset that signs, whose keys its id follows from. */
async function keysetFindings(
  mints: Pick<MintDirectory, 'at'>,
  { mintUrl: subject, units }: MintDescription,
  now: () => Date,
): Promise<Finding[]> {
  const { keysets } = mints.at(subject);
  const listed = await keysets.list(0);
  if (listed.kind !== 'answer')
    return [wrong('mint', 'It does not list its keysets.', { subject, next: callOperator })];
  if (units.length === 0)
    return [wrong('mint', 'It has no unit in which it both makes and pays Lightning invoices.', { subject })];
  const findings: Finding[] = [];
  for (const unit of units) {
    const active = bestActive(listed.value, unit, now().getTime());
    if (active === undefined)
      findings.push(wrong('mint', `It has no active keyset for ${unit}.`, { subject, next: callOperator }));
    else if ((await keysets.keys(active.id)).kind !== 'answer')
      findings.push(
        wrong(
          'mint',
          `The keys of its keyset ${active.id} (${unit}) are missing, or not those that its id stands for.`,
          {
            subject,
            next: callOperator,
          },
        ),
      );
  }
  return findings;
}

/** NUT-06: `time`, which a mint may leave out. By it the mint decides when a quote has expired. */
function clockFindings(subject: string, info: JsonRecord, now: () => Date): Finding[] {
  const theirs = asUnixTime(info['time']);
  if (theirs === null) return [];
  const aheadMs = theirs.getTime() - now().getTime();
  if (Math.abs(aheadMs) <= mostClockSkewMs) return [];
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  return [
    notice('mint', `Its clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's.`, {
      subject,
    }),
  ];
}
