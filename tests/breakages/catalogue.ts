import { archiving } from './archiving.ts';
import { auditing } from './audit.ts';
import { booking } from './booking.ts';
import type { Breakage } from './breakage.ts';
import { deciding } from './deciding.ts';
import { decisions } from './decisions.ts';
import { preflight } from './preflight.ts';
import { releasing } from './releasing.ts';
import { reserving } from './reserving.ts';
import { restoring } from './restoring.ts';
import { secrets } from './secrets.ts';
import { takingTurns } from './turns.ts';
import { upkeeping } from './upkeep.ts';
import { wallets } from './wallets.ts';
import { writeOrder } from './writeOrder.ts';

/** What `npm run breakages` breaks, and tests/unit/breakages.test.ts keeps up to date. */
export const breakages: readonly Breakage[] = [
  ...preflight,
  ...reserving,
  ...booking,
  ...releasing,
  ...writeOrder,
  ...decisions,
  ...restoring,
  ...upkeeping,
  ...secrets,
  ...wallets,
  ...auditing,
  ...archiving,
  ...deciding,
  ...takingTurns,
];
