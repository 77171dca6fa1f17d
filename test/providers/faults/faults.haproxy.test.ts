/** The table of faults, against haproxy. */
import { SUBJECTS } from './subjects.ts';
import { survives } from './survives.ts';

for (const subject of SUBJECTS) if (subject.peer === 'haproxy') survives(subject);
