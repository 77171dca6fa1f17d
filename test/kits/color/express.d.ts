/** Express says nothing of its types; what the test of its adapter uses. */
declare module 'express' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
  type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
  const express: () => RequestListener & {
    use(handler: Handler): void;
    use(path: string, handler: Handler): void;
  };
  export default express;
}
