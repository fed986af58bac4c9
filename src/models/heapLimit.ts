const bytesPerMib = 2 ** 20;

/**
 * The size of the heap that Node was told to keep to, by `--max-old-space-size`. V8's own limit counts the space of young
 * objects besides (192 MiB on Node 24), which they never fill: a server with 512 MiB ends at 70 % of what V8 tells.
 * @param options NODE_OPTIONS, and then what stands on the command line; of several the last counts
 * @returns bytes, null where nothing was said
 */
export function heapLimitIn(...options: string[]): number | null {
  const said = options.flatMap((text) => [...text.matchAll(/--max[-_]old[-_]space[-_]size=(\d+)/g)]).at(-1);
  const mib = Number(said?.[1] ?? 0);
  return mib > 0 ? mib * bytesPerMib : null;
}
