import { meltTable } from '../support/faultTable/table.ts';

meltTable('no reports', 'pending', 'paid');
