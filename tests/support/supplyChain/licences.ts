/**
 * Whether an SPDX expression can be met by these licences alone: `(MIT OR GPL-3.0-only)` by MIT, `MIT AND GPL-3.0-only` not.
 * Knows names, AND, OR and parentheses (spdx.github.io/spdx-spec, annex D). Whatever else it meets, such as WITH, `SEE LICENSE IN`
 * or nothing at all, is not met: a person has to look at that.
 */
export function isMetBy(expression: unknown, licences: ReadonlySet<string>): boolean {
  if (typeof expression !== 'string') return false;
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let next = 0;
  let isWellFormed = true;

  function anyOf(): boolean {
    let met = allOf();
    while (tokens[next] === 'OR') {
      next += 1;
      met = allOf() || met;
    }
    return met;
  }

  function allOf(): boolean {
    let met = one();
    while (tokens[next] === 'AND') {
      next += 1;
      met = one() && met;
    }
    return met;
  }

  function one(): boolean {
    const token = tokens[next];
    next += 1;
    if (token !== '(') return token !== undefined && licences.has(token);
    const met = anyOf();
    isWellFormed &&= tokens[next] === ')';
    next += 1;
    return met;
  }

  const met = anyOf();
  return met && isWellFormed && next === tokens.length;
}
