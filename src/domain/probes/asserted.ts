/** Whether a probe says anything of its answer. */
import type { Probe } from '../probe.ts';

export type Asserting = Pick<Probe, 'must_include' | 'must_not_include' | 'expect'>;

export function isAsserted({
  must_include: include,
  must_not_include: exclude,
  expect = {},
}: Asserting): boolean {
  const lists = [include, exclude, expect.contains, expect.notContains, expect.matches, expect.notMatches];
  return expect.jsonSchema !== undefined || lists.some((list) => list !== undefined && list.length > 0);
}
