/** The table of faults, against redis. */
import { SUBJECTS } from './subjects.ts';
import { survives } from './survives.ts';

for (const subject of SUBJECTS) if (subject.peer === 'redis') survives(subject);
