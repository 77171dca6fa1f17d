/** What provider `varnish` says of itself: the answers that every listed Varnish keeps, purged by a tag of each color. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, required } from '../../ports/option.ts';

const node = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[^\s/?#@]+$/, 'must be http://host:port, without a path');

const options = z.strictObject({
  nodes: required(
    z.array(node).min(1).max(50),
    'Every Varnish that answers users, by an address of its own: one behind a common address would be told now and then.',
    ['http://10.0.0.11:6081', 'http://10.0.0.12:6081'],
  ),
  shields: preset(
    z.array(node).max(50),
    [],
    'Every Varnish that only others ask. They are purged first: purged after them, the others would fetch the old answer again.',
  ),
  tag: required(
    z
      .string()
      .regex(
        /^[A-Za-z0-9_-]{0,50}\{color\}[A-Za-z0-9_-]{0,50}$/,
        'must hold {color} once, besides letters, digits, _ and -',
      ),
    'The tag that every answer of a color carries in its header `xkey`; {color} stands for blue or green.',
    'docs-{color}',
  ),
  probe: required(
    z
      .string()
      .max(500)
      .regex(/^\/[^\s#]*$/, 'must be a path, with a query or without'),
    'Path of a cached route that is cheap to answer. It is asked with a query parameter `cutover` of its own, so that each node keeps an answer that the ' +
      'purge must remove.',
    '/answer?q=ping',
  ),
  by: preset(
    z.enum(['xkey', 'ban']),
    'xkey',
    '`xkey`: PURGE with the module of that name. `ban`: BAN, where the module is not to be had.',
  ),
  soft: preset(
    z.boolean(),
    false,
    'Write true to mark answers stale instead of removing them, so that users get the old one while a new one is fetched. Only by `xkey`, and only without shields.',
    'an old answer that a shield gives as new would stand for a whole lifetime',
  ),
  colorHeader: preset(
    z.string().regex(/^[a-z][a-z0-9-]{0,50}$/, 'must be the name of a header, in lower case'),
    'x-color',
    'Header by which Varnish tells colors apart, as the router sends it.',
  ),
  host: optional(
    z.string().regex(/^[A-Za-z0-9.:[\]-]{1,200}$/, 'must be a host, with a port or without'),
    'Host that users’ requests have there: Varnish keeps answers by it. Left out: that of the first entry.',
    'docs.example.com',
  ),
  answerMs: preset(milliseconds(120_000), 20_000, 'Longest time of one answer of a color, ms.'),
  timeoutMs: preset(milliseconds(60_000), 3000, 'Longest time of one purge or look-up, ms.'),
});

export const manifest = defineManifest({
  name: 'varnish',
  about:
    'Varnish (6 or later) behind the router, one or many, in one tier or two; its VCL holds the part of [varnish.md](varnish.md). What PURGE of a single ' +
    'address removes is less than a namespace: answers are purged by tag.',
  ports: {
    cache: {
      does: 'purges a color’s tag at every node and proves it there by an answer that was kept before; verifies by look-ups that fill nothing; primes through every node',
      testedAgainst: 'Debian’s varnish with xkey, two nodes and two tiers',
      options,
      faults: ({ soft = false, by = 'xkey', shields = [] }: z.input<typeof options>) => [
        ...(soft && by === 'ban'
          ? [
              {
                key: 'soft',
                message: 'has no meaning with `by: ban`',
                fix: 'a ban removes: leave `soft` out',
              },
            ]
          : []),
        ...(soft && shields.length > 0
          ? [
              {
                key: 'soft',
                message:
                  'cannot be with shields: one gives its stale answer to a node, which takes it for new',
                fix: 'leave `soft` out',
              },
            ]
          : []),
      ],
    },
  },
});
