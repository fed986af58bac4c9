import type { RequestHandler } from 'express';
import type { MetricsService } from '../services/metrics/contracts.ts';

/** Handlers for Prometheus. */
export function metricsController(metrics: MetricsService) {
  const scrape: RequestHandler = async (_req, res) => {
    const { contentType, text } = await metrics.scrape();
    res.set('Cache-Control', 'no-store');
    res.type(contentType).send(text);
  };

  return { scrape };
}
