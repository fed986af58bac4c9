import type { Order } from './boundary.ts';

/** One exchange with the outside, about to begin. */
export type Passing<T> = {
  name: string;
  /** Really does it. */
  carry: () => Promise<T>;
  /** What the server gets when the reply is lost; or throws. */
  lose: () => T;
  /** A look that found nothing is no step of an operation, and how often one looks depends on the time alone. */
  isIdle?: (result: T) => boolean;
};

export type Watch = ReturnType<typeof createWatch>;

/**
 * Stands at every exchange of a server with database and mint, counts those of each name, and, where it was told to, ends
 * the process right there. `onLost` hears when a reply was lost instead.
 */
export function createWatch(onLost: () => void) {
  let order: Order | null = null;
  let struck = false;
  let counts = new Map<string, number>();
  let seen: string[] = [];

  async function pass<T>({ name, carry, lose, isIdle }: Passing<T>): Promise<T> {
    if (order === null) return carry();
    const number = (counts.get(name) ?? 0) + 1;
    const boundary = `${name} #${number}`;
    const fate = order.kind === 'crash' && order.boundary === boundary && !struck ? order.mode : null;
    if (fate === 'before') die();
    const take = () => {
      counts.set(name, Math.max(counts.get(name) ?? 0, number));
      seen.push(boundary);
    };
    if (isIdle === undefined) take();
    const result = await carry();
    if (isIdle?.(result)) return result;
    if (isIdle !== undefined) take();
    if (fate === 'after') die();
    if (fate !== 'lost') return result;
    struck = true;
    onLost();
    return lose();
  }

  return {
    pass,
    isArmed: () => order !== null,
    arm(next: Order) {
      order = next;
      struck = false;
      counts = new Map();
      seen = [];
    },
    /** @returns the boundaries since `arm`, in the order in which they began. */
    disarm(): string[] {
      order = null;
      return seen;
    },
  };
}

/** Nothing of this process runs any more once the signal is out: no handler, no flush, no other task. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('outlived SIGKILL');
}
