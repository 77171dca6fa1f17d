/** The table of faults, as far as tests bring what it needs. */
import { SUBJECTS } from './subjects.ts';
import { survives } from './survives.ts';

for (const subject of SUBJECTS) if (subject.peer === null) survives(subject);
