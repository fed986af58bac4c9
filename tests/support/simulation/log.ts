import { createLogger, type Logger } from '../../../src/logger.ts';

let told: (message: string, error: unknown) => void = () => undefined;

/** One silent logger serves all worlds; what is logged as a warning goes to the world that runs. */
const shared: Logger = Object.assign(createLogger('silent'), {
  warn: (message: string, details?: { error?: unknown }) => told(message, details?.error),
});

export function logTo(listener: (message: string, error: unknown) => void): Logger {
  told = listener;
  return shared;
}
