/**
 * The few Workers types we use. `@cloudflare/workers-types` would replace the global fetch types of Node, which
 * the rest of this package needs.
 */

export interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

export interface Fetcher {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

export interface KVNamespace {
  get(key: string, options?: { cacheTtl?: number }): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

export interface DurableObjectNamespace {
  idFromName(name: string): DurableObjectId;
  get(id: DurableObjectId): Fetcher;
}

export interface DurableObjectId {
  toString(): string;
}

export interface SqlCursor {
  toArray(): Record<string, string | number | null>[];
}

export interface DurableObjectState {
  readonly storage: {
    readonly sql: { exec(query: string, ...bindings: (string | number | null)[]): SqlCursor };
    setAlarm(epochMs: number): Promise<void>;
    deleteAlarm(): Promise<void>;
  };
}

/** The part of the Cache API that the router needs. */
export interface CacheLike {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

/** `caches` of the Workers runtime. */
export interface CacheStorageLike {
  open(name: string): Promise<CacheLike>;
}
