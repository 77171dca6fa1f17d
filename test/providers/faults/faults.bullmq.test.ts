/** The table of faults, against bullmq. */
import { SUBJECTS } from './subjects.ts';
import { survives } from './survives.ts';

for (const subject of SUBJECTS) if (subject.peer === 'bullmq') survives(subject);
