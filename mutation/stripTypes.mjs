import { stripTypeScriptTypes } from 'node:module';

/**
 * Jest transformer: Node's own type stripping. Types become blanks, so lines and columns stay as written
 * and stack traces need no source map.
 */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
};
