import { backendDrills } from './backends.ts';
import { bookDrills } from './books.ts';
import { creditDrills } from './credits.ts';
import type { Drill } from './drill.ts';
import { memoryDrills } from './memory.ts';
import { outageDrills } from './outages.ts';
import { paymentDrills } from './payments.ts';
import { qualityDrills } from './quality.ts';
import { requestDrills } from './requests.ts';
import { restartDrills } from './restarts.ts';
import { signatureDrills } from './signatures.ts';

/** Every drill that there is; docs/runbooks/README.md lists them by symptom. */
export const drills: readonly Drill[] = [
  ...requestDrills(),
  ...signatureDrills(),
  ...backendDrills(),
  ...paymentDrills(),
  ...outageDrills(),
  ...memoryDrills(),
  ...bookDrills(),
  ...creditDrills,
  ...qualityDrills(),
  ...restartDrills(),
];
