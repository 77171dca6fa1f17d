/** What the router reads of a request: a runtime whose own `Request` is slow brings another. */
export type RouterRequest = Pick<Request, 'method' | 'url' | 'headers' | 'body' | 'signal'>;
