import type { SupportService } from './contracts.ts';
import { createDecide } from './decide.ts';
import { createGrounds } from './grounds.ts';
import { createLook, createRecheck } from './recheck.ts';
import { createSupportService } from './supportService.ts';

/** All that support may do. */
export function createSupport(
  parts: Omit<
    Parameters<typeof createSupportService>[0] &
      Parameters<typeof createLook>[0] &
      Parameters<typeof createRecheck>[0] &
      Parameters<typeof createGrounds>[0] &
      Parameters<typeof createDecide>[0],
    'look' | 'grounds'
  >,
): SupportService {
  const look = createLook(parts);
  return {
    ...createSupportService(parts),
    recheck: createRecheck({ ...parts, look }),
    decide: createDecide({ ...parts, look, grounds: createGrounds(parts) }),
  };
}
