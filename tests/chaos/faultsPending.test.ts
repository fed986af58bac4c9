import { meltTable } from '../support/faultTable/table.ts';

meltTable('pending', 'paid');
