import { startChild } from '../child.ts';
import type { Contestant } from './contestant.ts';

const scripts = {
  plain: new URL('./plain.ts', import.meta.url),
  coco: new URL('../coco/coco.ts', import.meta.url),
};

/** A wallet library in a process of its own (wallets.ts). */
export async function startLibrary(name: keyof typeof scripts, mintUrl: string): Promise<Contestant> {
  const child = startChild(scripts[name], {}, [mintUrl]);
  await child.firstLine();
  return {
    name,
    usage: async () => ({ wallets: await child.usage() }),
    async fund(parts) {
      await child.ask({ ask: 'fund', parts: parts.map((each) => [...each]) });
    },
    async pay(invoices, limitMs) {
      const said = await child.ask({ ask: 'pay', invoices: invoices.map((each) => [...each]), limitMs });
      if (said.said !== 'paid') throw new Error(`asked to pay, ${name} said ${said.said}`);
      return said.load;
    },
    async heldSat() {
      const said = await child.ask({ ask: 'held' });
      if (said.said !== 'held') throw new Error(`asked what it holds, ${name} said ${said.said}`);
      return said.heldSat;
    },
    bookSeconds: async () => null,
    end: child.end,
  };
}
