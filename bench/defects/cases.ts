/** The defects of the matrix: what each is, which gate must name it, and where that is first possible. */
import type { StackFault } from '../../examples/docs-rag/stack.ts';
import { ENDINGS } from '../../examples/docs-rag/demo/endings.ts';
import type { Stage } from '../../src/domain/stage.ts';

export interface DefectCase {
  readonly name: string;
  readonly fault: StackFault;
  readonly title: string;
  /** The first stage in which what is wrong can be seen at all. Null: nothing is wrong, the switch must complete. */
  readonly stage: Stage | null;
  /** What it is and why that gate sees it. */
  readonly about: string;
}

export const CASES: readonly DefectCase[] = [
  {
    name: 'bad-index',
    fault: 'bad-index',
    title: 'id skew',
    stage: 'shadow',
    about:
      'The ranking is right, but ids point half an index away, as after loading vectors against old row ids; every answer still carries the declared `INDEX_HASH`. What is delivered has nothing to do with the question, so the median ΔS itself is over its block limit. Coverage and λ fail at the same look. ΔS is named because over that limit it is the cause and not a symptom: this is not an index that lost something, it is another index.',
  },
  {
    name: 'fragments',
    fault: 'fragments',
    title: 'over-fragmented chunks',
    stage: 'shadow',
    about:
      'Sections are cut into 40 words with 7 of overlap instead of 150 with 25. Each piece is from the right section and nearer to the question than a longer one, so ΔS gets better and λ stays whole: only coverage, the share of the answering text that is delivered, falls, and questions become critical that were not.',
  },
  {
    name: 'near-miss',
    fault: 'near-miss',
    title: 'near-miss rerank',
    stage: 'shadow',
    about:
      'The best section is withheld and its siblings from the same page come instead. They are about the same subject, so ΔS rises only a little. Coverage counts what is delivered of the sections that answer, and there is next to nothing. ΔS fails as well, by its rise over blue; coverage is named because it says what is lost.',
  },
  {
    name: 'stemmer-mismatch',
    fault: 'stemmer-mismatch',
    title: 'stemmer mismatch',
    stage: 'shadow',
    about:
      'The index is stemmed and questions no longer are, as after a change of the query-time config alone. The health contract still declares the old analyzer, so preflight sees nothing; answers report the one really in use. The identity gate compares every answer with what was declared, and one that differs is enough. λ fails too (paraphrases stop agreeing); ΔS and coverage only hesitate.',
  },
  {
    name: 'shard-missing',
    fault: 'shard-missing',
    title: '20 % shard missing',
    stage: 'shadow',
    about:
      'A fifth of the sections is not in the index, under the label of the whole one. Four questions in five are answered as well as ever, so means move little; the others lose everything. Coverage pairs each question with itself on blue and tests how many became critical, which is what finds a minority.',
  },
  {
    name: 'seed-unstable',
    fault: 'seed-unstable',
    title: 'seed-unstable rerank',
    stage: 'shadow',
    about:
      'The same snippets are delivered in an order that changes with the seed, so ΔS and coverage are the same to the last digit while the answer cites another section each time. λ asks every question in three paraphrases and two seeds and counts whose citations agree.',
  },
  {
    name: 'new-error-class',
    fault: 'new-error-class',
    title: 'truncated body',
    stage: 'shadow',
    about:
      'Four bodies in a hundred break off in the middle, under status 200. Nothing that reads the status sees it. Probes read every body to its end and parse it, and the error novelty gate asks whether blue ever failed in that way: it did not in a day of its traffic.',
  },
  {
    name: 'stream-error',
    fault: 'stream-error',
    title: 'error in a stream',
    stage: 'shadow',
    about:
      'For one question in twenty the stream carries an error event after its first words and then ends as it should, under status 200. Nothing that reads the status or waits for the end sees it. Probes of this plan ask for streams, as its users do, and read them by the same table as the router; the error novelty gate asks whether blue ever failed in that way, and asks both colors again at once.',
  },
  {
    name: 'slow-tail',
    fault: 'slow-tail',
    title: 'slow tail',
    stage: 'canary',
    about:
      'One answer in eight takes eight times as long between its headers and its end; the median is as good as ever. Shadow does not ask about latency, because replayed load is not what users cause; the canary does, over users and probes, by the p95 to the end of the body.',
  },
  {
    name: 'cache-leak',
    fault: 'cache-leak',
    title: 'shared cache prefix',
    stage: 'canary',
    about:
      "The edge builds green's cache keys with blue's prefix. Probes ask for nothing cacheable, so nobody can see it before the first user of green does. The router refuses an entry that the other color wrote, so no user gets a foreign answer; the cache gate counts the lookup under the wrong prefix, and one is enough.",
  },
  {
    name: 'healthy',
    fault: 'none',
    title: 'healthy re-chunk',
    stage: null,
    about:
      'Green is blue cut anew, 150 words with 25 of overlap instead of 120 with 20: another `INDEX_HASH`, as the plan declares, and nothing that a user would notice. No gate may fail and none may have to ask.',
  },
  {
    name: 'rebuilt-index',
    fault: 'rebuilt-index',
    title: 'rebuilt index that lost 2 %',
    stage: null,
    about:
      'An approximate index that is built again loses other questions than the last build did. Here each color does not find one section in fifty, each its own, which costs either of them two questions in a hundred. `gates.lambda.rebuild` says how many that may be. No gate may fail and none may have to ask.',
  },
  {
    name: 'noisy-neighbour',
    fault: 'noisy-neighbour',
    title: 'noisy neighbour on both colors',
    stage: null,
    about:
      'For a third of the time answers of both colors take four times as long, because something else has the machine. What both share at the same time is no difference: the latency gate compares each block of time with itself. No gate may fail and none may have to ask.',
  },
];

export function gateOf({ fault }: DefectCase): string | null {
  return ENDINGS[fault].gate;
}
