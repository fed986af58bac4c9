import { crashTests } from '../support/crash/crashTests.ts';

crashTests('melts that outlive it');
