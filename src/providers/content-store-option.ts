/** The option that every store of evidence has. */
import { z } from 'zod';
import { preset } from '../ports/option.ts';

export const maxBytesOption = preset(
  z
    .int()
    .min(1)
    .max(1 << 30),
  64 * 1024 * 1024,
  'Largest value or file before compression, bytes.',
  'a look with full probe runs is about 2 MiB',
);
