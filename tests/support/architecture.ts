import { posix } from 'node:path';
import { type Import, importsOf, withoutComments } from './imports.ts';

/** A room is a folder of src, or a file that stands in src itself. */
type Room = string;

const longestFileLines = 300;

/** Who may import from whom. Every room may import from itself; context.ts wires, so it may from all. */
const arrows: Record<Room, readonly Room[]> = {
  models: [],
  repositories: ['models'],
  services: ['repositories', 'models'],
  middleware: ['services', 'models'],
  controllers: ['middleware', 'services', 'models'],
  // What the API is, as data: of middleware, it asks which status a code has.
  openapi: ['middleware', 'models'],
  'app.ts': ['controllers', 'openapi', 'middleware', 'services', 'models'],
  cli: ['context.ts', 'config.ts', 'productionRefusals.ts', 'services', 'models'],
  'config.ts': ['models'],
  'productionRefusals.ts': ['config.ts', 'models'],
  'index.ts': ['config.ts', 'productionRefusals.ts', 'context.ts', 'app.ts', 'services', 'models'],
};

/** Every room may use these, and they use no room but models. */
const shared: readonly Room[] = ['logger.ts', 'redaction.ts', 'timing.ts'];

/** The app is told in several files, which make one room. */
const partsOfApp: readonly Room[] = ['app.ts', 'routes.ts', 'server.ts'];

/** So are the settings. */
const partsOfConfig: readonly Room[] = ['config.ts', 'settings.ts', 'secrets.ts'];

/** What wires operator commands stands apart from what wires a server, which is told in five files; all make one room. */
const partsOfContext: readonly Room[] = [
  'context.ts',
  'stores.ts',
  'engine.ts',
  'checks.ts',
  'metering.ts',
  'commandContext.ts',
];

/** Types alone may be taken from these two, because nothing of them is left at run time. */
const typeArrows: Record<Room, readonly Room[]> = {
  'config.ts': ['services', 'middleware', 'controllers', 'app.ts', 'repositories', ...shared],
  'context.ts': ['middleware', 'controllers', 'app.ts'],
};

const expressRooms: readonly Room[] = ['controllers', 'middleware', 'app.ts'];
const mongooseRooms: readonly Room[] = ['repositories', 'models'];
const networkClasses = ['Mint', 'Wallet', '*', 'default'];

/**
 * The rules of the architecture that one source file breaks, each as a sentence; empty if it keeps them all.
 *
 * @param path from the root of the repository, such as `src/services/melt/saga.ts`
 */
export function violations(path: string, source: string): string[] {
  const broken = importsOf(source).flatMap((imported) => [
    ...brokenArrow(path, imported),
    ...misplacedLibrary(path, imported),
  ]);
  if (readsEnvironment(source) && path !== 'src/config.ts') broken.push('only config.ts reads process.env');
  const lineCount = source.trimEnd().split('\n').length;
  if (lineCount > longestFileLines) broken.push(`${lineCount} lines, and ${longestFileLines} are the limit`);
  return broken.map((sentence) => `${path}: ${sentence}`);
}

function brokenArrow(path: string, { specifier, isTypeOnly }: Import): string[] {
  if (!specifier.startsWith('.')) return [];
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith('src/')) return [`imports ${target}, which is outside src`];
  const [from, to] = [roomOf(path), roomOf(target)];
  const isAllowed =
    from === to ||
    from === 'context.ts' ||
    shared.includes(to) ||
    (shared.includes(from) && to === 'models') ||
    arrows[from]?.includes(to) === true ||
    (isTypeOnly && typeArrows[to]?.includes(from) === true);
  return isAllowed ? [] : [`${from} may not import from ${to} (${specifier})`];
}

function misplacedLibrary(path: string, { specifier, isTypeOnly, valueNames }: Import): string[] {
  const room = roomOf(path);
  if (isLibrary(specifier, 'express') && !expressRooms.includes(room)) {
    return ['Express belongs in controllers, middleware and app.ts'];
  }
  if (
    (isLibrary(specifier, 'mongoose') || isLibrary(specifier, 'mongodb')) &&
    !mongooseRooms.includes(room)
  ) {
    return ['mongoose belongs in repositories and models'];
  }
  if (
    (isLibrary(specifier, 'tiny-secp256k1') || isLibrary(specifier, 'secp256k1')) &&
    !path.startsWith('src/services/ecash/libsecp')
  ) {
    return ['libsecp256k1 belongs behind services/ecash/curve.ts, which does without where it must'];
  }
  if (!isLibrary(specifier, '@cashu/cashu-ts') || isTypeOnly) return [];
  if (room !== 'services') return ['cashu-ts belongs in services'];
  const takesNetworkClass = valueNames.some((name) => networkClasses.includes(name));
  if (!takesNetworkClass || path.startsWith('src/services/mint/')) return [];
  return ['the network classes of cashu-ts belong in services/mint'];
}

function roomOf(path: string): Room {
  const room = path.split('/')[1] ?? path;
  if (partsOfContext.includes(room)) return 'context.ts';
  if (partsOfConfig.includes(room)) return 'config.ts';
  return partsOfApp.includes(room) ? 'app.ts' : room;
}

function isLibrary(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}

function readsEnvironment(source: string): boolean {
  const code = withoutComments(source);
  const importsIt = importsOf(source).some(
    ({ specifier, valueNames }) => /^(node:)?process$/.test(specifier) && valueNames.includes('env'),
  );
  return importsIt || /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[\s*['"`]env/.test(code);
}
