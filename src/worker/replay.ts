import type { Color } from '../domain/color.ts';
import type { ProviderScope } from '../providers/ports.ts';
export async function replayRequest(_s: ProviderScope, _c: Color, _r: { method: string; key: string }, _a: AbortSignal): Promise<string | null> { throw new Error('pending'); }
