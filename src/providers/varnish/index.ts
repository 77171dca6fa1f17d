/**
 * Provider `varnish`: the answers of both colors that Varnish keeps, purged by tag.
 * Options: `nodes`, `shields`, `tag`, `probe`, `by`, `soft`, `colorHeader`, `host`, `answerMs`, `timeoutMs`. No environment.
 */
import { defineProvider } from '../../ports/index.ts';
import { varnishCache } from './cache.ts';

export const provider = defineProvider({ name: 'varnish', cache: varnishCache });
