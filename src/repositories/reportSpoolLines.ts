import Joi from 'joi';
import { severities } from '../models/report.ts';
import type { Incident } from './reports.ts';

const maxLineBytes = 32 * 1024;

/** An incident as one line. Of one that is too long the details stay behind: the rest is what people look for. */
export function lineOf(incident: Incident): string {
  const whole = `${JSON.stringify(incident)}\n`;
  if (whole.length <= maxLineBytes) return whole;
  const details = { leftOut: 'too long for the spool' };
  return `${JSON.stringify({ ...incident, draft: { ...incident.draft, details } })}\n`;
}

const text = Joi.string().max(4_000);
const id = text.allow(null);

const incidentSchema = Joi.object<Incident>({
  supportId: Joi.string()
    .pattern(/^sup_[0-9a-f]{20}$/)
    .required(),
  draft: Joi.object({
    dedupeKey: text.required(),
    severity: Joi.valid(...severities).required(),
    code: text.required(),
    summary: text.required(),
    npub: id,
    walletId: id,
    transactionId: id,
    quoteId: id,
    details: Joi.object(),
  }).required(),
  requestIds: Joi.array().items(text).max(20).required(),
  count: Joi.number().integer().min(1).required(),
  at: Joi.date().iso().required(),
  lastAt: Joi.date().iso().required(),
});

/** The incidents of a file. What does not read as one is left out, and told: a line torn by a crash, or somebody's edit. */
export function readLines(
  content: string,
  onDamage: (damage: { line: number; why: string }) => void,
): Incident[] {
  return content.split('\n').flatMap((line, index) => {
    if (line === '') return [];
    const incident = readLine(line);
    if (typeof incident !== 'string') return [incident];
    onDamage({ line: index + 1, why: incident });
    return [];
  });
}

/** @returns why not, where it is none; never what stands in the line */
function readLine(line: string): Incident | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return 'no JSON';
  }
  const { value, error } = incidentSchema.validate(parsed);
  if (error === undefined) return value;
  return `no incident: ${error.details[0]?.path.join('.') ?? 'unknown'}`;
}
