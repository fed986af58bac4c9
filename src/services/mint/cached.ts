import type { Answer } from './gateway.ts';

/** One thing that a mint says about itself, remembered. */
export type Cached<T> = {
  /** As last told; asked again when older than `maxAgeMs`. Whoever asks while a request is under way shares its answer. */
  get(maxAgeMs: number): Promise<Answer<T>>;
  /** What is known or under way is out of date: the next to ask is told anew. */
  forget(): void;
};

/** So long a failure is everybody's answer. Short: a mint that is back should be noticed. */
const failureMaxAgeMs = 500;

type Told<T> = { askedAt: number; answer: Answer<T> };

/** Remembers what `ask` answers. Age counts from the question, since the mint may have changed its mind after it. */
export function cached<T>(ask: () => Promise<Answer<T>>): Cached<T> {
  let value: Told<T> | null = null;
  let failure: { at: number; answer: Answer<T> } | null = null;
  let underWay: Promise<Answer<T>> | null = null;

  function start(): Promise<Answer<T>> {
    const askedAt = performance.now();
    const flight: Promise<Answer<T>> = ask()
      .then((answer) => {
        if (underWay !== flight) return answer; // forgotten meanwhile
        if (answer.kind === 'answer') value = { askedAt, answer };
        failure = answer.kind === 'answer' ? null : { at: performance.now(), answer };
        return answer;
      })
      .finally(() => {
        if (underWay === flight) underWay = null;
      });
    underWay = flight;
    return flight;
  }

  return {
    async get(maxAgeMs) {
      if (value !== null && performance.now() - value.askedAt < maxAgeMs) return value.answer;
      if (failure !== null && performance.now() - failure.at < failureMaxAgeMs) return failure.answer;
      return underWay ?? start();
    },
    forget() {
      value = null;
      failure = null;
      underWay = null;
    },
  };
}
