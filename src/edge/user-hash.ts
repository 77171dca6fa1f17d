/**
 * What stands in a log line for a user: the first 8 bytes of HMAC-SHA-256 over the sticky key, in hex.
 *
 * Invariant: without the secret nobody can try ids against a log, and 64 bits keep millions of users apart. The same
 * user has the same hash over switches, as long as the secret stays.
 */
const HASH_BYTES = 8;
const REMEMBERED_USERS = 10_000;
const encoder = new TextEncoder();

export class UserHash {
  readonly #secret: () => Promise<CryptoKeyOf>;
  readonly #known = new Map<string, string>();
  #key: CryptoKeyOf | null = null;

  /**
   * @param secret the deployment's own; '' derives one from `fallback`.
   * @param fallback a secret that the deployment has anyway, e.g. the first that signs pins.
   */
  constructor(secret: string, fallback: string) {
    this.#secret = async () =>
      secret === ''
        ? await hmacKey(await hmac(await hmacKey(encoder.encode(fallback)), 'cutover user hash 1'))
        : await hmacKey(encoder.encode(secret));
  }

  async of(key: string): Promise<string> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#key ??= await this.#secret();
    const mac = await hmac(this.#key, key);
    const hash = Array.from(mac.subarray(0, HASH_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    );
    if (this.#known.size >= REMEMBERED_USERS) this.#known.clear();
    this.#known.set(key, hash);
    return hash;
  }
}

type CryptoKeyOf = Awaited<ReturnType<typeof hmacKey>>;

function hmacKey(secret: Uint8Array<ArrayBuffer>) {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

async function hmac(key: CryptoKeyOf, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)));
}
