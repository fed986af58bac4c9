import { invariant } from '../../models/errors.ts';
import {
  type Attempt,
  type AttemptPurpose,
  attemptsFor,
  type Operation,
  type OperationKey,
  posted,
} from '../../models/operation.ts';
import { StaleOperation, withAttempt, withReply } from '../../repositories/operations.ts';
import { troubleIn } from '../mint/backendTrouble.ts';
import type { MintGateway } from '../mint/gateway.ts';
import { readMelt, readSigned, refusalIn } from '../mint/replies.ts';
import type { Exchange } from '../mint/transport.ts';

/** How one kind of operation writes down what a request does to it. */
export type Errand<T extends Operation> = {
  purpose: AttemptPurpose;
  /** The intent, committed before the request leaves: if this write is in doubt, nothing is sent. */
  depart(operation: T, attempts: Attempt[], event: string, at: Date): Promise<T>;
  /** What came back, as it came. @throws StaleOperation where somebody has moved the operation meanwhile */
  arrive(current: T, attempts: Attempt[], event: string, at: Date, exchange: Exchange): Promise<T>;
  reread(key: OperationKey): Promise<T>;
};

const maxStoreTries = 10;

/** The operation with its latest attempt for the purpose on its way. @throws StaleOperation, database errors */
export async function depart<T extends Operation>(
  operation: T,
  { purpose, depart: commit }: Errand<T>,
  at: Date,
): Promise<T> {
  const attempt = attemptsFor(operation, purpose).at(-1);
  invariant(attempt !== undefined, `no ${purpose} was planned`);
  const sending = posted(attempt, at);
  const event =
    sending.posts === 1
      ? `${purpose} request goes to the mint`
      : `same ${purpose} request goes to the mint again`;
  return commit(operation, withAttempt(operation.attempts, sending), event, at);
}

/** Takes an exact, persisted request to the mint. One attempt; nothing is interpreted. */
export function submit(
  operation: Operation,
  purpose: AttemptPurpose,
  gateway: Pick<MintGateway, 'submit'>,
): Promise<Exchange> {
  const body = attemptsFor(operation, purpose).at(-1)?.requestBody ?? '';
  return gateway.submit(
    purpose === 'melt' ? 'melt/bolt11' : purpose === 'issue' ? 'mint/bolt11' : 'swap',
    body,
  );
}

/** Stores what came back on the operation as it is now, whoever has moved it meanwhile. */
export async function arrive<T extends Operation>(
  sent: T,
  { purpose, arrive: commit, reread }: Errand<T>,
  exchange: Exchange,
  at: Date,
): Promise<T> {
  const number = attemptsFor(sent, purpose).at(-1)?.number;
  let current = sent;
  for (let tries = 1; ; tries += 1) {
    const of = attemptsFor(current, purpose).find((candidate) => candidate.number === number);
    invariant(of !== undefined, `the ${purpose} attempt has vanished`);
    const stored = answered(of, exchange, at);
    try {
      return await commit(
        current,
        withAttempt(current.attempts, stored),
        eventOf(purpose, exchange),
        at,
        exchange,
      );
    } catch (error) {
      if (!(error instanceof StaleOperation) || tries >= maxStoreTries) throw error;
      current = await reread(sent);
    }
  }
}

function answered(of: Attempt, exchange: Exchange, at: Date): Attempt {
  if (exchange.kind === 'lost') return { ...of, endedAt: at, trouble: null };
  const reply = { httpStatus: exchange.httpStatus, body: exchange.body, at };
  const reading = of.purpose === 'melt' ? readMelt(reply) : readSigned(reply);
  const isRejected = reading.kind === 'rejected';
  const stored = {
    ...withReply(of, reply),
    refusalCode: isRejected ? (reading.code ?? of.refusalCode) : of.refusalCode,
    refusals: of.refusals + Number(isRejected && reading.code !== null),
    answers: of.answers + Number(refusalIn(exchange) !== null),
    trouble: troubleIn(exchange),
  };
  return keepPaid(of, stored);
}

/** A repeat's reply never replaces one that says PAID. */
function keepPaid(before: Attempt, after: Attempt): Attempt {
  const paid = before.purpose === 'melt' && before.reply !== null && readMelt(before.reply).kind === 'paid';
  return paid ? { ...after, reply: before.reply } : after;
}

function eventOf(purpose: AttemptPurpose, exchange: Exchange): string {
  return exchange.kind === 'reply'
    ? `${purpose} reply stored (HTTP ${exchange.httpStatus}${codeIn(exchange)}${backendIn(exchange)})`
    : `no reply to ${purpose} (${exchange.reason})`;
}

/** The mint's own number for a refusal, for whoever reads the timeline. */
function codeIn(exchange: { httpStatus: number; body: string }): string {
  const code = refusalIn(exchange)?.code ?? null;
  return code === null ? '' : `, code ${code}`;
}

/** A known trouble of its backend, by our name for it. */
export function backendIn(exchange: { httpStatus: number; body: string }): string {
  const trouble = troubleIn(exchange);
  return trouble === null ? '' : `, backend: ${trouble}`;
}
