import { meltTable } from '../support/faultTable/table.ts';

meltTable('reports in the whole table alone', 'releasing');
