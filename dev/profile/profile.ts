import { rm } from 'node:fs/promises';
import { claim } from './claim.ts';
import { call } from './client.ts';
import { curlLines } from './curls.ts';
import { awaitFunding, canWriteInvoices, openWallet, payByHand, showPayment } from './demo.ts';
import type { Endings } from './endings.ts';
import { StartFailure, sentenceFor } from './failure.ts';
import { type DataFiles, openDataDirectory, writePrivately } from './files.ts';
import { type DemoKeys, openKeys } from './keys.ts';
import { checkPort, type DemoMint, openApi, openMint, openMongo } from './parts.ts';
import { complain, print, printFact, printHeading, secondsText } from './screen.ts';
import { openSecrets } from './secrets.ts';
import { checkedConfig, type Environment, readSettings, serverConfig } from './settings.ts';
import { demoWallet } from './walletClient.ts';

type Ready = { api: { url: string }; mint: DemoMint; mongoUri: string; keys: DemoKeys; files: DataFiles };

/** Resolves once the demo is over; what it started goes on. */
export async function startProfile(env: Environment, endings: Endings, signal: AbortSignal): Promise<void> {
  const ready = await open(env, endings, signal);
  printFact('ready', `${secondsText(performance.now())} after the start`);
  await show(ready, signal);
}

/** Everything that the demo needs, from the data directory up. */
async function open(env: Environment, endings: Endings, signal: AbortSignal): Promise<Ready> {
  const settings = readSettings(env);
  const files = await openDataDirectory(settings.dataDirectory);
  await claimDirectory(files, endings);
  const secrets = await openSecrets(files.secrets);
  const early = checkedConfig(env, secrets, settings);
  await checkPort(early);

  printHeading('Crucible, development profile');
  printFact('data', files.directory);
  const surroundings = { settings, files, endings, signal };
  const [mongoUri, mint] = await together(openMongo(surroundings), openMint(surroundings, env, early));
  signal.throwIfAborted();
  const server = serverConfig(env, secrets, {
    mongoUri,
    mintUrl: settings.mintUrl ?? mint.url,
    dataDirectory: files.directory,
  });
  const api = await openApi(server, endings);
  signal.throwIfAborted();
  const keys = await openKeys(api.apiKeys, { path: files.secrets, secrets, mintUrl: mint.url });
  await call('GET', `${api.url}/readyz`, { signal });
  return { api, mint, mongoUri, keys, files };
}

/** The wallet, the payment where it can be made, and what people and scripts need to go on. */
async function show(ready: Ready, signal: AbortSignal): Promise<void> {
  const { api, mint, keys, files } = ready;
  const wallet = demoWallet(api.url, keys, signal);
  const { balance, unit } = await openWallet(wallet, keys.npub);
  const demo = { npub: keys.npub, balance, unit, signal };
  const transactionId = canWriteInvoices(mint)
    ? await showPayment(wallet, { ...demo, invoiceUrl: mint.invoiceUrl }).catch((error: unknown) =>
        sayWhyNot(error, signal),
      )
    : undefined;
  signal.throwIfAborted();
  await writePrivately(files.dev, `${JSON.stringify(forScripts(ready), null, 2)}\n`);

  printHeading('Try it in another terminal');
  const address = { url: api.url, walletUrl: wallet.url, apiKey: keys.apiKey };
  for (const { what, line } of curlLines(address, mint, transactionId)) print(`  # ${what}\n  ${line}\n`);
  print(`  Keys and addresses for scripts are in ${files.dev}. Ctrl-C ends everything.`);
  if (canWriteInvoices(mint)) return;
  print(balance === 0 ? waitingForMoney : `\n  ${payByHand}`);
  if (balance === 0) await awaitFunding(wallet, unit, signal);
}

/** The server is up all the same, and somebody will want to look into it. */
function sayWhyNot(error: unknown, signal: AbortSignal): undefined {
  if (!signal.aborted) complain(`The demo payment did not work: ${sentenceFor(error)}`);
}

const waitingForMoney =
  '\n  The wallet is empty: pay the invoice that the second line gets you; it is credited by itself.';

/** dev.json (docs/api). */
function forScripts({ api, mint, mongoUri, keys }: Ready) {
  const { npub, apiKey, supportKey, adminKey } = keys;
  const addresses = { apiUrl: api.url, mintUrl: mint.url, invoiceUrl: mint.invoiceUrl };
  return { ...addresses, npub, apiKey, supportKey, adminKey, mongoUri };
}

/** One start at a time; and scripts that wait for dev.json must never meet an old one. */
async function claimDirectory(files: DataFiles, endings: Endings): Promise<void> {
  const claimed = await claim(files.directory);
  if (claimed === undefined) {
    throw new StartFailure(
      `Another start runs on the data directory ${files.directory}; stop that one, or name another directory in CRUCIBLE_DATA_DIR.`,
    );
  }
  await endings.add('the claim on the data directory', claimed.release);
  await rm(files.dev, { force: true });
  await endings.add('dev.json', () => rm(files.dev, { force: true }));
}

/** Both, or the first failure, but not before both have come to rest: what has been started must be known. */
async function together<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}
