import type { Settings } from '../options.ts';
import { ceilDivide } from './amounts.ts';

type Rate = Pick<Settings, 'msatPerUnit'>;

/** 21 million bitcoin: no invoice asks for more. */
const mostMsat = 2_100_000_000_000_000_000n;

/** What JSON holds exactly, whatever a unit is worth. */
const mostUnits = 2_100_000_000_000_000n;

/** What so many of the mint's units are on Lightning. */
export function toMsat(units: bigint, { msatPerUnit }: Rate): bigint {
  return units * msatPerUnit;
}

/** What the mint asks for so much Lightning, in its units: rounded up, so that it never loses. */
export function toUnits(amountMsat: bigint, { msatPerUnit }: Rate): bigint {
  return ceilDivide(amountMsat, msatPerUnit);
}

/** The most that one quote may be about, in the mint's units. */
export function mostPerQuote({ msatPerUnit }: Rate): bigint {
  const most = mostMsat / msatPerUnit;
  return most < mostUnits ? most : mostUnits;
}
