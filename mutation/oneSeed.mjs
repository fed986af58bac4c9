import fc from 'fast-check';

/** Every mutant meets the same generated examples, so that a score can be compared with the last one. */
fc.configureGlobal({ seed: 20_090_103 });
