import { crashTests } from '../support/crash/crashTests.ts';

crashTests('upkeep');
