import type { Results } from './results.ts';
export function render(_results: Results): void {}
