import { crashTests } from '../support/crash/crashTests.ts';

crashTests('melts that end in their request');
