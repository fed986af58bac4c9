import {
  attemptsFor,
  isFinished,
  type MeltOperation,
  meltInputs,
  type Operation,
} from '../../models/operation.ts';
import type { AuditEvent } from '../../models/report.ts';
import type { ProofNames } from '../../repositories/comebacks.ts';
import { type DecisionRepository, nothingOdd, stateBefore } from '../../repositories/decisions.ts';
import { proofName } from '../ecash/outputs.ts';
import { nothingOddSeen } from '../melt/steps.ts';
import { hasLeft, mintingStates, receiveStates, sendStates, unsentStates, upkeepStates } from './deciding.ts';

/**
 * Has an operation go on by the server's own rules: the ecash is the wallet's again once a swap of it has succeeded, and not
 * before. `noted`: the decision. @throws StaleOperation, UnderRecovery, CameBack
 */
export type TakeUp = (operation: Operation, noted: AuditEvent) => Promise<void>;

export function createTakingUp(decisions: DecisionRepository): TakeUp {
  return async (operation, noted) => {
    const { at } = noted;
    const goesOn = { finishedAt: null, dueAt: at };
    switch (operation.kind) {
      case 'melt':
        return takeUpMelt(operation, noted);
      case 'minting': {
        const state = stateBefore(operation, mintingStates) ?? operation.state;
        await decisions.takeUp(operation, { dueAt: at, state, unverified: null }, event, noted);
        return;
      }
      case 'send': {
        const state = stateBefore(operation, sendStates) ?? operation.state;
        await decisions.takeUp(operation, { ...goesOn, ...nothingOdd, state }, event, noted);
        return;
      }
      case 'receive': {
        const state = stateBefore(operation, receiveStates) ?? operation.state;
        await decisions.takeUp(operation, { ...goesOn, ...nothingOdd, state }, event, noted);
        return;
      }
      case 'upkeep': {
        const state = stateBefore(operation, upkeepStates) ?? operation.state;
        await decisions.takeUp(operation, { ...goesOn, ...nothingOdd, state }, event, noted);
        return;
      }
    }
  };

  async function takeUpMelt(operation: MeltOperation, noted: AuditEvent): Promise<void> {
    const { at } = noted;
    if (operation.payment !== null) {
      const paid = { state: 'paid' as const, dueAt: at, finishedAt: operation.payment.paidAt };
      const asked = 'a person has decided: the change is asked for again';
      await decisions.takeUp(operation, paid, asked, noted);
      return;
    }
    const from = hasLeft(operation) ? null : stateBefore(operation, unsentStates);
    const state = from ?? (isFinished(operation.state) ? 'pending' : operation.state);
    const decided = { fenceDecidedAt: at, failure: null, releasedAmount: null };
    const changes = { finishedAt: null, dueAt: at, ...nothingOddSeen, ...decided, state };
    if (operation.state === 'written_off')
      await decisions.takeUpAgain(operation, namesOf(operation), changes, event, noted);
    else await decisions.takeUp(operation, changes, event, noted);
  }
}

const event = 'a person has decided: the ecash is to be taken back';

function namesOf(operation: MeltOperation): ProofNames {
  const given = [...attemptsFor(operation, 'melt'), ...attemptsFor(operation, 'fence')];
  return {
    inputs: meltInputs(operation).map(({ Y }) => Y),
    outputs: given.flatMap(({ outputs }) => outputs.map(({ secret }) => proofName(secret))),
  };
}
