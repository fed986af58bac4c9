/** Remembers what is dear to make and should not lie about for long. */
export type ShortMemory<T> = {
  /** What is remembered under a name, else what `make` gives, which those who ask meanwhile share. Failures are not kept. */
  recall(name: string, make: () => Promise<T>): Promise<T>;
  /** From now on this, whatever was remembered before. */
  replace(name: string, value: T): void;
};

/** Keeps at most `maxEntries`, the oldest goes first, and each for `keepMs` however often it is asked for. */
export function createShortMemory<T>(limits: { maxEntries: number; keepMs: number }): ShortMemory<T> {
  const entries = new Map<string, { value: Promise<T>; timer: NodeJS.Timeout }>();

  function forget(name: string, timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    if (entries.get(name)?.timer === timer) entries.delete(name);
  }

  function remember(name: string, value: Promise<T>): Promise<T> {
    const timer = setTimeout(() => forget(name, timer), limits.keepMs).unref();
    entries.set(name, { value, timer });
    value.catch(() => forget(name, timer));
    const [oldest] = entries;
    if (entries.size > limits.maxEntries && oldest !== undefined) forget(oldest[0], oldest[1].timer);
    return value;
  }

  return {
    recall: (name, make) => entries.get(name)?.value ?? remember(name, make()),
    replace(name, value) {
      const known = entries.get(name);
      if (known !== undefined) forget(name, known.timer);
      void remember(name, Promise.resolve(value));
    },
  };
}
