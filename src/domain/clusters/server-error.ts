/** Whose fault an error is, by its class `stage:kind[:code]`. */

/** Classes of what the client asked or did begin with one of these: one client can make as many as it likes. */
export const CLIENT_CLASSES = ['client:', 'headers:http_4xx'] as const;

/** True when the server's side failed: 5xx, connect, TLS, a timeout, a body that was cut off. */
export function isServerError(errorClass: string): boolean {
  return !CLIENT_CLASSES.some((prefix) => errorClass.startsWith(prefix));
}
