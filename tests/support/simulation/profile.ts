import type { Random } from './random.ts';
import type { LightningOdds } from './toyMelts.ts';

/** What may go wrong in one world, and how often. Each seed draws its own mixture; many kinds are absent from many worlds. */
export type Profile = {
  store: { before: number; after: number; aborted: number; outage: number; slow: number };
  network: {
    requestLost: number;
    replyLost: number;
    late: number;
    duplicated: number;
    garbled: number;
    slow: number;
  };
  lightning: LightningOdds;
  /** How many of each happen in the fault phase. */
  crashes: number;
  stalls: number;
  jumps: number;
  skews: number;
  rotations: number;
  mintOutages: number;
  requests: number;
  withDleq: boolean;
  faultsForMs: number;
};

/** The faultless world: what every seed must survive first. */
export function quietProfile(random: Random): Profile {
  return {
    store: { before: 0, after: 0, aborted: 0, outage: 0, slow: 0 },
    network: { requestLost: 0, replyLost: 0, late: 0, duplicated: 0, garbled: 0, slow: 0 },
    lightning: { fails: 0, hangs: 0, hangMs: 1_000, lateChange: 0, answersPending: 0 },
    crashes: 0,
    stalls: 0,
    jumps: 0,
    skews: 0,
    rotations: 0,
    mintOutages: 0,
    requests: random.int(1, 3),
    withDleq: true,
    faultsForMs: 15_000,
  };
}

export function drawProfile(random: Random): Profile {
  const mixed = drawMixture(random);
  return random.chance(0.4) ? { ...mixed, ...drawTheme(random, mixed) } : mixed;
}

/** Worlds in which one kind of trouble is common: what needs several faults of a kind in a row is rare in a mixture. */
function drawTheme(random: Random, mixed: Profile): Partial<Profile> {
  const much = () => 0.2 + random.next() * 0.4;
  switch (random.int(0, 4)) {
    case 0: // requests that are carried out long after everybody has given them up
      return { network: { ...mixed.network, late: much(), replyLost: much(), duplicated: much() } };
    case 1: // processes that die while payments hang
      return { crashes: random.int(3, 7), lightning: { ...mixed.lightning, hangs: much() + 0.3 } };
    case 2: // keysets that come and go under exchanges whose replies are lost
      return {
        rotations: random.int(2, 5),
        network: { ...mixed.network, requestLost: much() / 2, replyLost: much() },
      };
    case 3: // two processes that overtake each other
      return {
        stalls: random.int(3, 7),
        rotations: random.int(1, 4),
        store: { ...mixed.store, slow: much() },
      };
    default: // payments that fail, and then those that are tried again
      return { lightning: { ...mixed.lightning, fails: 0.7, answersPending: much() }, requests: 4 };
  }
}

/** In one world of four store and clocks are sound: there the order of writes is checked, too (witness.ts). */
function drawMixture(random: Random): Profile {
  const mixed = drawEverything(random);
  return random.chance(0.75)
    ? mixed
    : {
        ...mixed,
        store: { ...mixed.store, before: 0, after: 0, outage: 0, slow: 0 },
        stalls: 0,
        jumps: 0,
        skews: 0,
      };
}

function drawEverything(random: Random): Profile {
  const odds = (most: number) => (random.chance(0.5) ? random.next() * most : 0);
  const count = (most: number) => (random.chance(0.5) ? random.int(1, most) : 0);
  return {
    store: {
      before: odds(0.06),
      after: odds(0.06),
      aborted: odds(0.1),
      outage: odds(0.02),
      slow: odds(0.1),
    },
    network: {
      requestLost: odds(0.15),
      replyLost: odds(0.25),
      late: odds(0.2),
      duplicated: odds(0.2),
      garbled: odds(0.1),
      slow: odds(0.2),
    },
    lightning: {
      fails: odds(0.6),
      hangs: odds(0.7),
      hangMs: random.int(2_000, 60_000),
      lateChange: odds(0.5),
      answersPending: odds(0.5),
    },
    crashes: count(4),
    stalls: count(3),
    jumps: count(2),
    skews: count(2),
    rotations: count(2),
    mintOutages: count(2),
    requests: random.int(1, 4),
    withDleq: random.chance(0.8),
    faultsForMs: random.int(10_000, 40_000),
  };
}
