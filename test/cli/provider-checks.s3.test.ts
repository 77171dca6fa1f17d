/** What `cutover doctor` says of an S3 bucket. */
import { sharedS3 } from '../support/s3-server.ts';
import { saysEach, type Way } from '../support/asked-provider.ts';

const ways = async (): Promise<readonly Way[]> => {
  const { env, endpoint, bucket } = await sharedS3();
  const ref = { use: 's3', endpoint, pathStyle: true };
  return [
    { what: 'all is well', ref: { ...ref, bucket: await bucket() }, env, state: 'ok', says: /^can be read/ },
    {
      what: 'no bucket of that name',
      ref: { ...ref, bucket: 'nowhere' },
      env,
      state: 'wrong',
      says: /nowhere/,
    },
  ];
};

saysEach('evidence', ways, ['all is well', 'no bucket of that name']);
