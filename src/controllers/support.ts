import type { RequestHandler } from 'express';
import { readReportQuery, readSupportId } from '../middleware/reportQuery.ts';
import type { SupportService } from '../services/support/contracts.ts';
import { presentReport, presentReports } from './presentSupport.ts';

/** Handlers for people who have a customer on the line. */
export function supportController(support: SupportService) {
  const list: RequestHandler = async (req, res) => {
    res.json(presentReports(await support.list(readReportQuery(req))));
  };

  const get: RequestHandler = async (req, res) => {
    res.json(presentReport(await support.get(readSupportId(req))));
  };

  return { list, get };
}
