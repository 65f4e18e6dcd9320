/** A random UUID; crypto.randomUUID exists only on https pages. */
export function uuid(): string {
  const random = (digit: string): string =>
    (+digit ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+digit / 4)))).toString(16);
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, random);
}
