import { mintingTable } from '../support/faultTable/table.ts';

mintingTable('some reports');
