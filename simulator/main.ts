import { optionsFromEnvironment } from './environment.ts';
import { startSimulator } from './simulator.ts';

/** The simulator as its own process: says where it is in one JSON line, ends on SIGTERM or SIGINT. */
try {
  const simulator = await startSimulator(optionsFromEnvironment(process.env));
  console.log(JSON.stringify({ url: simulator.url, invoiceUrl: simulator.invoiceUrl }));
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => void simulator.close().then(() => process.exit(0)));
  }
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

function sentenceFor(error: unknown): string {
  if (!(error instanceof Error)) return `The simulator could not start: ${String(error)}`;
  const code = 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') return `The simulator could not start: its port is in use (${error.message}).`;
  return `The simulator could not start: ${error.message}`;
}
