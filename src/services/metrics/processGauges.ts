import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, type Registry } from 'prom-client';

const nanosecondsPerSecond = 1e9;
const lagResolutionMs = 10;

/**
 * What Node tells of this process, under the names that Prometheus' clients have for it. prom-client's own collector is not
 * used: it has no end, and tests run several servers in one process.
 * @param heapLimitBytes what Node was told; null = V8's own limit holds
 * @returns `read` to be called before each scrape, and `end`
 */
export function createProcessGauges(registry: Registry, heapLimitBytes: number | null) {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const lagP50 = gauge(
    'nodejs_eventloop_lag_p50_seconds',
    'Half of the delays since the last scrape were shorter',
  );
  const lagP99 = gauge(
    'nodejs_eventloop_lag_p99_seconds',
    'Of a hundred delays since the last scrape, one was longer',
  );
  const lagMax = gauge('nodejs_eventloop_lag_max_seconds', 'The longest delay since the last scrape');
  const heapUsed = gauge('nodejs_heap_size_used_bytes', 'Heap in use');
  const heapTotal = gauge('nodejs_heap_size_total_bytes', 'Heap taken from the system');
  const heapLimit = gauge('nodejs_heap_size_limit_bytes', 'Heap at which Node ends the process');
  const external = gauge(
    'nodejs_external_memory_bytes',
    'Memory of buffers and WebAssembly, outside the heap',
  );
  const resident = gauge('process_resident_memory_bytes', 'Resident memory');
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time',
    registers: [registry],
  });
  let cpuTold = 0;
  const started = gauge('process_start_time_seconds', 'When the process began, in Unix time');
  started.set(Date.now() / 1_000 - process.uptime());
  const delays = monitorEventLoopDelay({ resolution: lagResolutionMs });
  delays.enable();

  /** The timer that measures is late by its own period, too. */
  const lag = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds)
      ? Math.max(0, nanoseconds / nanosecondsPerSecond - lagResolutionMs / 1_000)
      : 0;

  function read(): void {
    lagP50.set(lag(delays.percentile(50)));
    lagP99.set(lag(delays.percentile(99)));
    lagMax.set(lag(delays.max));
    delays.reset();
    const memory = process.memoryUsage();
    heapUsed.set(memory.heapUsed);
    heapTotal.set(memory.heapTotal);
    heapLimit.set(heapLimitBytes ?? getHeapStatistics().heap_size_limit);
    external.set(memory.external);
    resident.set(memory.rss);
    const { user, system } = process.cpuUsage();
    const used = (user + system) / 1e6;
    cpu.inc(Math.max(0, used - cpuTold));
    cpuTold = used;
  }

  return { read, end: () => void delays.disable() };
}
