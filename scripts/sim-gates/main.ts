/** `npm run sim:gates`: gates on independent draws; with `--clustered` the rule for traffic as it is. */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ strict: false, options: { clustered: { type: 'boolean' } } });
if (values.clustered === true) {
  const { simulateClustered } = await import('./clustered/main.ts');
  try {
    await simulateClustered(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
} else {
  await import('./independent.ts');
}
