/**
 * Loaded into each process of the bench by `node --import`: tells what the process uses, with all its threads, and how late its
 * event loop is. Ends the process when the bench is gone.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { listen, type Usage } from './ipc.ts';

const resolutionMs = 10;
const delays = monitorEventLoopDelay({ resolution: resolutionMs });

if (isMainThread && process.send !== undefined) {
  delays.enable();
  listen((asked) =>
    asked.ask === 'usage' ? Promise.resolve({ said: 'usage', usage: takeUsage() }) : undefined,
  );
  process.on('disconnect', () => process.exit(0));
}

function takeUsage(): Usage {
  const { user, system } = process.cpuUsage();
  const lag = {
    p50Ms: lateMs(delays.percentile(50)),
    p99Ms: lateMs(delays.percentile(99)),
    maxMs: lateMs(delays.max),
  };
  delays.reset();
  return { cpuMs: (user + system) / 1_000, lag };
}

/** The histogram holds the whole time between two looks, in nanoseconds. */
function lateMs(betweenNs: number): number {
  return Math.max(0, betweenNs / 1e6 - resolutionMs);
}
