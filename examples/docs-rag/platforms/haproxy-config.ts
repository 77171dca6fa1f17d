/** HAProxy before the routers of all regions: an entry for each. Of a real installation each region has its own. */

export interface Front {
  readonly name: string;
  /** Port of the entry. */
  readonly entry: number;
  /** Port of the router. */
  readonly router: number;
}

export function haproxyConfig(fronts: readonly Front[], host: string): string {
  return `global
    maxconn 4000
    hard-stop-after 5s

defaults
    mode http
    timeout connect 5s
    timeout http-request 10s
    timeout http-keep-alive 60s
    timeout client 120s
    timeout server 120s
    # A request is never sent twice by the balancer: the router knows whether it may be.
    retries 0
${fronts.map((front) => regionConfig(front, host)).join('')}`;
}

function regionConfig({ name, entry, router }: Front, host: string): string {
  return `
frontend ${name}
    bind ${host}:${entry}
    http-request set-header x-forwarded-for %[src]
    http-request set-header x-forwarded-host %[req.hdr(host)]
    http-request set-header x-forwarded-proto http
    default_backend routers-${name}

backend routers-${name}
    balance leastconn
    # One router: a check could only make a busy one a missing one. Of several, check /__cutover/healthz.
    server router1 127.0.0.1:${router}
`;
}
