import { backendDrills } from './backends.ts';
import { bookDrills } from './books.ts';
import type { Drill } from './drill.ts';
import { memoryDrills } from './memory.ts';
import { outageDrills } from './outages.ts';
import { paymentDrills } from './payments.ts';
import { requestDrills } from './requests.ts';

/** Every drill that there is; docs/runbooks/README.md lists them by symptom. */
export const drills: readonly Drill[] = [
  ...requestDrills(),
  ...backendDrills(),
  ...paymentDrills(),
  ...outageDrills,
  ...memoryDrills(),
  ...bookDrills(),
];
