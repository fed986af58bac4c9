import { meltTable } from '../support/faultTable/table.ts';

meltTable('swapping', 'swapped');
