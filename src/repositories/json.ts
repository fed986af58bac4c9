/** JSON that keeps bigint and Date: what is sealed must come back as it went in. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name, shown: unknown) {
    const raw = this[name];
    if (typeof raw === 'bigint') return { $bigint: raw.toString() };
    if (raw instanceof Date) return { $date: raw.toISOString() };
    return shown;
  });
}

/** Reads what `toJson` wrote. The text was authenticated as our own when it was unsealed. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint);
    if ('$date' in value && typeof value.$date === 'string') return new Date(value.$date);
    return value;
  });
}
