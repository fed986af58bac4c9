import winston from 'winston';
import type { LogLevel } from './config.ts';
import { redact } from './redaction.ts';

export type Logger = winston.Logger;

/**
 * One JSON object per line, on stderr: stdout belongs to what people and scripts asked for. Whatever is passed in goes
 * through `redact`, so that a careless call writes no secret.
 */
export function createLogger(level: LogLevel): Logger {
  const { combine, timestamp, printf } = winston.format;
  return winston.createLogger({
    level: level === 'silent' ? 'error' : level,
    silent: level === 'silent',
    format: combine(
      timestamp(),
      printf((info) => formatLine(info)),
    ),
    transports: [new winston.transports.Console({ stderrLevels: Object.keys(winston.config.npm.levels) })],
  });
}

/** One log entry as the line that is written. */
export function formatLine(entry: object): string {
  return JSON.stringify(redact(entry));
}
