import { meltTable } from '../support/faultTable/table.ts';

meltTable('some reports', 'before');
