import { describe, expect, it } from '@jest/globals';
import { createReportQueue } from '../../src/services/reportQueue.ts';

const at = new Date('2026-01-01T00:00:00Z');
const incident = (supportId: string, requestIds: string[] = []) => ({
  supportId,
  draft: { dedupeKey: 'k', severity: 'HIGH', code: 'X', summary: 'x' } as const,
  requestIds,
  count: 1,
  at,
  lastAt: at,
});
const closing = { how: 'cured', at };

describe('Reports that wait for the database', () => {
  it('are bounded: beyond the limit only what is known already is counted', () => {
    const queue = createReportQueue(2);
    expect(queue.addIncident('a', incident('sup_a'))).toBe('sup_a');
    expect(queue.addIncident('b', incident('sup_b'))).toBe('sup_b');
    expect(queue.addIncident('c', incident('sup_c'))).toBeNull();
    expect(queue.addClosing('d', closing)).toBe(false);
    expect(queue.addIncident('a', incident('sup_a2'))).toBe('sup_a');
    expect(queue.size()).toBe(2);
  });

  it('keep the id that was told first, and the last twenty requests', () => {
    const queue = createReportQueue(2);
    for (let i = 1; i <= 30; i += 1) queue.addIncident('a', incident(`sup_${i}`, [`req-${i}`]));
    const [, waiting] = queue.take() ?? [];
    expect(waiting?.incident).toMatchObject({ supportId: 'sup_1', count: 30 });
    expect(waiting?.incident?.requestIds).toHaveLength(20);
    expect(waiting?.incident?.requestIds.at(-1)).toBe('req-30');
    expect(queue.take()).toBeNull();
  });

  it('advise on what the mint said last', () => {
    const queue = createReportQueue(2);
    for (const backendTrouble of ['session_lost', 'funds_locked', undefined]) {
      const met = incident('sup_a');
      const details = { route: 'melt', ...(backendTrouble === undefined ? {} : { backendTrouble }) };
      queue.addIncident('a', { ...met, draft: { ...met.draft, details } });
    }
    expect(queue.take()?.[1].incident).toMatchObject({
      count: 3,
      draft: { details: { route: 'melt', backendTrouble: 'funds_locked' } },
    });
  });

  it('stay open when the incident comes back after its cure', () => {
    const queue = createReportQueue(2);
    queue.addClosing('a', closing);
    queue.addIncident('a', incident('sup_a'));
    expect(queue.take()?.[1].closing).toBeNull();
  });

  it('lose nothing that comes in while they are being written', () => {
    const queue = createReportQueue(2);
    queue.addIncident('a', incident('sup_1', ['one']));
    const [key, taken] = queue.take() ?? [];
    queue.addIncident('a', incident('sup_2', ['two']));
    if (key === undefined || taken === undefined) throw new Error('nothing was taken');
    queue.putBack(key, taken);
    const [, joined] = queue.take() ?? [];
    expect(joined?.incident).toMatchObject({ supportId: 'sup_1', count: 2, requestIds: ['one', 'two'] });
    expect(joined?.otherIds).toEqual(['sup_2']);
  });
});
