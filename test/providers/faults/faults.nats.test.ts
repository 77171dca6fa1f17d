/** The table of faults, against nats. */
import { SUBJECTS } from './subjects.ts';
import { survives } from './survives.ts';

for (const subject of SUBJECTS) if (subject.peer === 'nats') survives(subject);
