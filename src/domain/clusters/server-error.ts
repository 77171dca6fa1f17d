/** Whose fault an error is, by its class `stage:kind[:code]`. */

/**
 * True when the server's side failed: 5xx, connect, TLS, a timeout, a body that was cut off. A 4xx and `client:*` are what the
 * client asked or did: one client can make as many as it likes.
 */
export function isServerError(errorClass: string): boolean {
  return !errorClass.startsWith('client:') && !errorClass.startsWith('headers:http_4xx');
}
