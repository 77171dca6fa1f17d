/** The table of faults, against s3. */
import { SUBJECTS } from './subjects.ts';
import { survives } from './survives.ts';

for (const subject of SUBJECTS) if (subject.peer === 's3') survives(subject);
