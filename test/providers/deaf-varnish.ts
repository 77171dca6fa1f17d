/** A node before a Varnish that says yes to every purge and passes none on. */
import { request } from 'node:http';
import type { VarnishServer } from '../support/varnish-server.ts';
import { origin, type Origin } from './cache-env.ts';

export function deafVarnish(behind: VarnishServer): Promise<Origin> {
  return origin((asked, response) => {
    if (asked.method === 'PURGE') {
      response.writeHead(200, 'OK').end('12');
      return;
    }
    const { method, url, headers } = asked;
    const passed = request({ port: behind.port, method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    passed.end();
  });
}
