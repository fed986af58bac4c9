import { keysetVersions, networkNames, type SimulatorOptions } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The options of a simulator that runs as its own process. Throws one clear sentence for a bad value. */
export function optionsFromEnvironment(environment: Environment): SimulatorOptions {
  const read = <Value>(name: string, parse: (name: string, value: string) => Value): Value | undefined => {
    const value = environment[name];
    return value === undefined || value === '' ? undefined : parse(name, value);
  };
  return present({
    host: read('SIM_HOST', text),
    port: read('SIM_PORT', wholeNumber) ?? 3338,
    seed: read('SIM_SEED', text),
    network: read('SIM_NETWORK', oneOf(networkNames)),
    unit: read('SIM_UNIT', text),
    msatPerUnit: read('SIM_MSAT_PER_UNIT', wholeAmount),
    inputFeePpk: read('SIM_INPUT_FEE_PPK', wholeNumber),
    keysetVersion: read('SIM_KEYSET_VERSION', oneOf(keysetVersions)),
    feeReservePercent: read('SIM_FEE_RESERVE_PERCENT', wholeNumber),
    feeReserveMinSat: read('SIM_FEE_RESERVE_MIN_SAT', wholeNumber),
    autoPayMintQuotesAfterMs: read('SIM_AUTO_PAY_AFTER_MS', wholeNumber),
    mintQuoteExpirySeconds: read('SIM_MINT_QUOTE_EXPIRY_SECONDS', wholeNumber),
    meltQuoteExpirySeconds: read('SIM_MELT_QUOTE_EXPIRY_SECONDS', wholeNumber),
    keepAliveSeconds: read('SIM_KEEP_ALIVE_SECONDS', wholeNumber),
    journalPath: read('SIM_JOURNAL', text),
  });
}

type Wishes = { [Name in keyof SimulatorOptions]: SimulatorOptions[Name] | undefined };

/** Leaves out what was not said, so that the defaults hold. */
function present(wishes: Wishes): SimulatorOptions {
  return Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined));
}

function text(_name: string, value: string): string {
  return value;
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new Error(`${name} must be a whole number, not "${value}".`);
  return Number(value);
}

function wholeAmount(name: string, value: string): bigint {
  return BigInt(wholeNumber(name, value));
}

function oneOf<const Choices extends readonly string[]>(choices: Choices) {
  return (name: string, value: string): Choices[number] => {
    const choice = choices.find((one) => one === value);
    if (choice === undefined)
      throw new Error(`${name} must be one of ${choices.join(', ')}, not "${value}".`);
    return choice;
  };
}
