/**
 * Faults that cutover had under real use, and what went wrong in each. The ids are labels: a test that holds a mend has them in its
 * title. `docs/what-broke.md` is written from this list and from those titles by `fault-table.ts`.
 */
export interface FaultGroup {
  readonly title: string;
  /** What went wrong, one sentence, by id. */
  readonly faults: Readonly<Record<string, string>>;
}

export const FAULT_GROUPS: readonly FaultGroup[] = [
  {
    title: 'The engine and its commands',
    faults: {
      A1: 'A probe whose pin the router rejected was answered by the other color, and counted as this one’s answer.',
      A2: 'Jobs that were still in the old color’s queue when the fence closed were left there, and the color was retired.',
      A3: 'A FIFO job that was moved and moved back within five minutes was dropped by the broker as a repeat.',
      A4: 'Anybody could end a wait for two named approvers by an override.',
      A5: 'A service without a queue, or without a cache, could never complete: gates about them had no data.',
      A6: 'An edge that needs longer for a write than the freeze lasts froze users again and again, and never flipped.',
      A7: 'A search attribute that was missing or of another type made a running switch fail for ever, its rollback included.',
      A8: 'A long switch grew past a payload limit and could then neither answer nor end.',
      A9: '`cutover rehearse` in a fresh folder ended because that folder had no `.cutover`.',
      A10: 'Deadlines of other waits went on under a pause and rolled back a switch that somebody had paused.',
      A11: 'The peak that telemetry chose was a quiet night hour, and passed as a peak.',
      A12: 'The old color died in the hold, and the switch completed without a word about the lost way back.',
      A13: 'A release that was deployed in the middle of a switch was judged as the one that preflight had pinned.',
      A14: 'Anybody could turn gates off without a reason, and an approval given for the stricter plan stood.',
      A15: 'Two spellings of a name counted as two approvers, and whoever started a switch could approve it.',
      A16: 'Jobs with a message group in a standard queue could not be moved, and their receive count began anew.',
      A17: 'Two different jobs could have the same idempotency key, and the second was dropped as a repeat.',
      A18: 'A worker that could not use its server called that a bug of cutover, or left the cause out.',
      A19: 'Smaller ones: a stop signal before a worker was ready was ignored, clocks were not compared, a vague time zone was taken, `list` waited for every result.',
      A21: '`verify`, `whatif` and `report` read a local folder only, wherever the plan keeps its evidence.',
      A22: 'Jobs were moved one after the other, and a move ended after 100,000 without saying so.',
    },
  },
  {
    title: 'The router at the edge',
    faults: {
      B1: 'A request that never got an answer left no line in the log, so a color that hangs looked healthy.',
      B2: 'The edge cache could serve one user’s answer to another.',
      B3: 'Answers in lines (NDJSON) were held back to their end.',
      B4: 'One long line of an event stream took time that grew with the square of its length.',
      B5: 'Streams with another end than four known ones were cut off by definition, and router and probes each had a list of its own.',
      B6: 'An error event in a stream, or an error as JSON, was a perfect answer because its status was 200.',
      B7: 'Clients that hung up, and what they asked wrongly, counted as errors of the color.',
      B8: 'Redirects sent users to a color’s own address, past the router.',
      B9: 'WebSockets stayed on the old color after the flip, without a line in the log.',
      B10: 'A router without its config sent users to a default color that may have been retired.',
      B11: 'Odd requests (a GET with a body, a cut upload, an unusual status) became errors of the color or answers without a line.',
      B12: 'Other spellings of a path or of a header passed the write fence.',
      B13: 'Smaller ones of browsers and pins: refusals without CORS headers, preflight requests to the other color, health routes in public, users without an id who never moved.',
      B14: 'Users’ hashes of 32 bits collided, so the stickiness gate failed for certain with many users, and ids could be guessed from them.',
      B15: 'A region that could not read its config looked like broken stickiness, and rolled back.',
    },
  },
  {
    title: 'Probes, plans and files',
    faults: {
      D1: 'Offsets in the times of log lines were thrown away: lines were judged in another hour, and a slow green passed.',
      D2: 'Telemetry that could not be read (other formats, packed files, a folder, epochs) said nothing until users were on green.',
      D3: 'One latency that was no number broke the judge, or left the decision to the probes alone.',
      D4: 'Lines were counted twice or lost when a log was cut off, replaced, grown anew or delivered twice.',
      D7: 'Streamed answers were put together wrongly: doubled, with thoughts and heartbeats in them, and without their citations.',
      D8: 'Probes knew no rate and no Retry-After, and a list of allowed errors took names that nothing has.',
      D9: 'Imports were silently wrong: lists as text, numbers and variables of assertions dropped, repeated documents refused, fields lost without a word.',
      D10: 'One long answer or one bad pattern could block a worker for seconds.',
      D11: 'A token that a peer echoed stood in messages, logs and evidence.',
      D12: 'Words and files from strangers ended a command with a stack, or made it wait for ever; evidence and settings could be read by others.',
    },
  },
  {
    title: 'The first hour with it',
    faults: {
      E1: 'Warm pings went to a route that no page names, and each 404 was shown as a cold start.',
      E2: 'The compose file could not work as it was written.',
      E3: 'A second attempt of an edge write took its own half-done write for agreed, so a wrong token was never noticed.',
      E4: 'An override of one gate also answered the question about another.',
      E5: 'A set that was curated on one color made that color look better than it is, and failed an equal one.',
      E6: 'Nobody could see which questions, routes or regions were behind a verdict, nor what was answered.',
      E8: 'An import of BEIR lost paraphrases, topics and unanswerable questions, and said nothing of spans; a curated set did not say why so little was left.',
      E9: 'The preview promised a shorter wait than the workflow took.',
      E10: 'Screens and reports said what was not so: nothing for minutes, a drained queue where there is none, JSON and epochs in a report, links that lead nowhere.',
    },
  },
  {
    title: 'Attacks and failures',
    faults: {
      F1: 'An approval and a rollback in one workflow task sent users back and retired the color they came back to.',
      F2: 'After the flip nobody read the edge again, so a weight written by hand went unnoticed.',
      F3: 'A worker that was stopped in a rollback and continued later wrote over the next switch.',
      F4: '`cutover rollback` called it a bug and recorded nothing when the Update failed.',
      F5: 'One signal could forge any event of a switch, or wedge it for ever.',
      F6: 'A rollback was accepted, and ignored, while the report was being written.',
      F7: 'With workers on two machines every switch was rolled back, because the evidence lay on one of them.',
      F8: 'A new build of the worker that does not replay stopped running switches without a word.',
      F9: 'Oversized or unknown signals made a switch that can never end.',
      F10: 'A rollback after a reset did not read the edge, and left users where they were.',
      F11: 'After a switch was terminated nobody could find where users were, nor bring them home.',
      F12: 'A worker whose clock is wrong froze writes for too long, or flipped without a freeze.',
      F13: 'A region that serves another’s config counted as agreed, and a region that was away was forgotten.',
      F14: 'Two writers at the edge made a storm of writes, and “approve to write over it” rolled back instead.',
      F15: '`tune` of the hold under way had no effect, and gates looked away in long waits.',
      F16: 'A straggling producer kept the fence open in silence until the switch rolled back.',
      F17: 'A target queue that refuses drove jobs into the dead-letter queue.',
      F18: 'A deadline sent everybody back without asking whether the old color lives.',
      F19: 'A rollback step whose dependency is gone was tried for ever, and nobody could skip it.',
      F20: 'A second `npm start` in one checkout destroyed the first.',
      F21: 'A malformed start wedged the task, and a worker’s memory grew with every switch.',
    },
  },
];
