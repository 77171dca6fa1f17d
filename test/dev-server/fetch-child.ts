/**
 * A process of its own that finds the binary; find-binary.test.ts starts two at once.
 * Its one argument is the JSON of the options. It prints the result as JSON.
 */
import { findTemporalBinary } from '../../src/dev-server/find-binary.ts';
import type { FindBinaryOptions } from '../../src/dev-server/find-binary.ts';

const options: FindBinaryOptions = JSON.parse(process.argv[2] ?? '{}');
process.stdout.write(JSON.stringify(await findTemporalBinary(options)));
