import type { Random } from './random.ts';
import { type Input, type Output, Refusal, type Reply, type Signed, total, type Vault } from './toyMint.ts';

type Invoice = { paymentHash: string; preimage: string; amount: number };
type Quote = {
  id: string;
  invoice: string;
  amount: number;
  feeReserve: number;
  state: 'UNPAID' | 'PENDING' | 'PAID';
  change: Signed[] | null;
};

/** How often payments fail, hang, and have their change signed late. */
export type LightningOdds = {
  fails: number;
  hangs: number;
  hangMs: number;
  lateChange: number;
  answersPending: number;
};

const noTrouble: LightningOdds = { fails: 0.1, hangs: 0, hangMs: 0, lateChange: 0, answersPending: 0 };

/** The paying side of the toy mint (NUT-05, NUT-08) and its Lightning network. */
export function createToyMelts(parts: {
  vault: Vault;
  random: Random;
  after: (delayMs: number, run: () => void) => void;
  invoices: ReadonlyMap<string, Invoice>;
}) {
  const { vault, random, after, invoices } = parts;
  const quotes = new Map<string, Quote>();
  const payments = new Map<string, number>();
  let odds = noTrouble;
  let collected = 0;
  let underWay = 0;

  function quote(request: string): unknown {
    const invoice = invoices.get(request);
    if (invoice === undefined) throw new Refusal(20_000, 'unknown invoice');
    if ((payments.get(invoice.paymentHash) ?? 0) > 0) throw new Refusal(20_006, 'already paid');
    const id = `quote-${quotes.size}`;
    const feeReserve = Math.max(1, Math.ceil(invoice.amount * 0.03));
    quotes.set(id, {
      id,
      invoice: request,
      amount: invoice.amount,
      feeReserve,
      state: 'UNPAID',
      change: null,
    });
    return show(id);
  }

  function show(id: string): unknown {
    const known = quotes.get(id);
    if (known === undefined) throw new Refusal(20_009, 'quote unknown');
    const { amount, feeReserve, state, change, invoice } = known;
    const paid =
      state === 'PAID'
        ? { payment_preimage: invoices.get(invoice)?.preimage, ...(change ? { change } : {}) }
        : {};
    return {
      quote: id,
      request: invoice,
      unit: 'sat',
      amount,
      fee_reserve: feeReserve,
      state,
      expiry: null,
      ...paid,
    };
  }

  /** @returns the answer, or null where it is given later through `answer` */
  function melt(id: string, inputs: Input[], outputs: Output[], answer: (reply: Reply) => void): unknown {
    const known = quotes.get(id);
    const invoice = known && invoices.get(known.invoice);
    if (known === undefined || invoice === undefined) throw new Refusal(20_009, 'quote unknown');
    if (known.state === 'PENDING') throw new Refusal(20_005, 'quote is pending');
    // Another quote for the same invoice is paid as well: that this never happens is the wallet's business.
    if (known.state === 'PAID') throw new Refusal(20_006, 'already paid');
    vault.demandFree(inputs);
    vault.demandSignable(outputs);
    const fee = vault.feeOf(inputs);
    if (total(inputs) - fee < known.amount + known.feeReserve) throw new Refusal(11_005, 'not enough');
    vault.put(inputs, 'PENDING');
    known.state = 'PENDING';
    underWay += 1;
    const delayMs = random.chance(odds.hangs) ? random.int(1_000, odds.hangMs) : random.int(5, 400);
    const succeeds = !random.chance(odds.fails);
    const answered = random.chance(odds.answersPending);
    after(delayMs, () => {
      underWay -= 1;
      const reply = succeeds ? pay(known, invoice, inputs, outputs, fee) : fail(known, inputs);
      if (!answered) answer(reply);
    });
    return answered ? show(id) : null;
  }

  function pay(known: Quote, invoice: Invoice, inputs: Input[], outputs: Output[], inputFee: number): Reply {
    vault.put(inputs, 'SPENT');
    known.state = 'PAID';
    payments.set(invoice.paymentHash, (payments.get(invoice.paymentHash) ?? 0) + 1);
    const overpaid = total(inputs) - inputFee - known.amount;
    const lightningFee = random.int(0, known.feeReserve);
    collected += known.amount + lightningFee + inputFee;
    const back = overpaid - lightningFee;
    if (!random.chance(odds.lateChange)) known.change = signChange(outputs, back);
    else {
      underWay += 1;
      after(random.int(50, 20_000), () => {
        underWay -= 1;
        known.change = signChange(outputs, back);
      });
    }
    return { httpStatus: 200, body: show(known.id) };
  }

  function signChange(outputs: Output[], back: number): Signed[] {
    const parts: number[] = [];
    for (let bit = 1; bit <= back; bit *= 2) if ((back & bit) !== 0) parts.push(bit);
    if (parts.length > outputs.length) throw new Error('the wallet has sent too few blanks');
    return outputs.slice(0, parts.length).map((output, place) => vault.promise(output, parts[place] ?? 0));
  }

  function fail(known: Quote, inputs: Input[]): Reply {
    vault.put(inputs, null);
    known.state = 'UNPAID';
    return { httpStatus: 400, body: { code: 20_004, detail: 'no route' } };
  }

  return {
    quote,
    show,
    melt,
    payments,
    /** What the mint has earned or passed on: payments, Lightning fees and input fees of melts. */
    collected: () => collected,
    isBusy: () => underWay > 0,
    setOdds: (given: LightningOdds | null) => {
      odds = given ?? noTrouble;
    },
  };
}
