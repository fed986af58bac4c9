import { DomainError } from '../../models/errors.ts';

/** A payment's place on the connections to its mint. Leaving twice is leaving once. */
export type Place = { leave(): void };

/**
 * The payments of this process that may be on their way through one mint at once: each may need a connection for as long
 * as Lightning hangs. A place is taken before anything is reserved, so that no payment is reserved and then waits in line.
 */
export type PaymentLane = {
  /** @throws DomainError MINT_UNAVAILABLE while every place is taken */
  enter(): Place;
};

export function createPaymentLane(places: number): PaymentLane {
  const taken = new Set<Place>();
  return {
    enter() {
      if (taken.size >= places) throw laneFull();
      const place: Place = { leave: () => void taken.delete(place) };
      taken.add(place);
      return place;
    },
  };
}

function laneFull(): DomainError {
  return new DomainError(
    'MINT_UNAVAILABLE',
    'HIGH',
    'Too many payments are on their way through this mint at once. Nothing was started and no money moved. Try again shortly.',
    { retryable: true },
  );
}
