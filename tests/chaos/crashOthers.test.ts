import { crashTests } from '../support/crash/crashTests.ts';

crashTests('mintings and workers');
