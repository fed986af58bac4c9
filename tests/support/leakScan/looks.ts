import { formsOf } from './forms.ts';

/** What broken mints of these tests say; none of it may come through. */
export const canary = 'CANARY-e2b7';

/** Something in an answer that no client may see: what it is, and not the thing itself. */
export type WordsOfLeak = string;

const looks: [WordsOfLeak, RegExp][] = [
  ['64 hexadecimal digits: a secret, a key, a blinding factor or a preimage', /(?<![0-9a-z_])[0-9a-f]{64}/i],
  ['a secret with a spending condition', /\[\\?"(P2PK|HTLC)\\?"/],
  ['ecash', /cashu[ab][\w+/=-]{8}/i],
  ['an API key or bearer token', /cr[kt]_[0-9a-f]{16}_[\w-]{20}/],
  ['a Nostr secret key', /nsec1[0-9a-z]{6}/i],
  ['a sealed text', /(?<![\w.])(?:[0-9a-f]{8}|[0-9a-f]{16})\.[\w+/]{40}/],
  ['a PEM block', /-----BEGIN/],
  ['user and password in an address', /:\/\/[^\s/@"]+:[^\s/@"]*@/],
  ['a database address', /mongodb(\+srv)?:/i],
  ['a line of a stack', /\bat [^"\n]{0,120}\(?[^\s("]+:\d+:\d+|\bat async /],
  ['a member called stack', /\\*"(stack|trace|frames)\\*"\s*:/i],
  ['a place in a program', /[\w-]+\.(ts|js|mjs|cjs|py|rs|go):\d+|file:\/\//],
  ['a Python traceback', /Traceback|File \\?"/],
  [
    'a path of this machine',
    /(?<![\w.:/])\/(app|bin|data|etc|home|mnt|opt|proc|root|run|srv|tmp|usr|var|work|Users)\b/,
  ],
  ['a Windows path', /\b[A-Z]:\\\\/],
  ['node_modules', /node_modules/],
  [
    'the driver',
    /mongo|bson|\bE11000\b|dup key|topology|replica ?set|server selection|buffering timed|\bsession\b/i,
  ],
  ['a socket', /\bE(CONN\w+|TIMEDOUT|PIPE|NOTFOUND|AI_AGAIN)\b|socket hang up|fetch failed|UND_ERR|undici/],
  ['a library', /\bjoi\b|express|ValidationError|\bJSON\.parse\b|Unexpected token|body-parser|ZodError/],
  ['an error of the engine', /\b(Type|Reference|Range|Syntax)Error\b|Cannot read propert|is not a function/],
  ['a value that was not there', /\[object \w+\]|\bundefined\b|\bNaN\b|"(detail|message)":"[^"]*\bnull\b/],
  ['markup', /<\/?[a-z][^>]*>/i],
];

/** Whatever in a text must not stand in an answer to a client. `known`: exact texts of this run, by what they are. */
export function leaksIn(text: string, known: Readonly<Record<WordsOfLeak, string>> = {}): WordsOfLeak[] {
  const byLook = looks.filter(([, look]) => look.test(text)).map(([leak]) => leak);
  const plain = text.replaceAll('\\/', '/').toLowerCase();
  const isTold = (secret: string): boolean =>
    formsOf(secret).some((form) => plain.includes(form.toString('utf8').toLowerCase()));
  const exact = Object.entries(known).filter(([, secret]) => isTold(secret));
  return [...byLook, ...exact.map(([leak]) => leak)];
}

/** Three words in a row of a mnemonic are one secret each. */
export function mnemonicParts(mnemonic: string): Record<WordsOfLeak, string> {
  const words = mnemonic.split(' ');
  const parts = words.slice(2).map((word, at) => `${words[at]} ${words[at + 1]} ${word}`);
  return Object.fromEntries(parts.map((part, at) => [`words ${at + 1} to ${at + 3} of the mnemonic`, part]));
}
