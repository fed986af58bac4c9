import type { RequestHandler } from 'express';
import { actorOf, demandAdmin } from '../middleware/authenticate.ts';
import { readReportQuery, readSupportId } from '../middleware/reportQuery.ts';
import { bodies, readBody, readTransactionId } from '../middleware/validate.ts';
import type { SupportService } from '../services/support/contracts.ts';
import {
  presentDecision,
  presentRecheck,
  presentReport,
  presentReports,
  presentResolution,
} from './presentSupport.ts';

/** Handlers for people who have a customer on the line. */
export function supportController(support: SupportService) {
  const list: RequestHandler = async (req, res) => {
    res.json(presentReports(await support.list(readReportQuery(req))));
  };

  const get: RequestHandler = async (req, res) => {
    res.json(presentReport(await support.get(readSupportId(req))));
  };

  const resolve: RequestHandler = async (req, res) => {
    const { note } = readBody(bodies.resolve, req);
    res.json(presentResolution(await support.resolve(readSupportId(req), note, actorOf(req))));
  };

  const recheck: RequestHandler = async (req, res) => {
    readBody(bodies.nothing, req);
    res.json(presentRecheck(await support.recheck(readTransactionId(req), actorOf(req))));
  };

  const decide: RequestHandler = async (req, res) => {
    const { decision, note, state } = readBody(bodies.decide, req);
    if (decision === 'write_off') demandAdmin(req);
    const wish = { decision, note, state };
    res.json(presentDecision(await support.decide(readTransactionId(req), wish, actorOf(req))));
  };

  return { list, get, resolve, recheck, decide };
}
