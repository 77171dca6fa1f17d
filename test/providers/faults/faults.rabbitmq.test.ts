/** The table of faults, against rabbitmq. */
import { SUBJECTS } from './subjects.ts';
import { survives } from './survives.ts';

for (const subject of SUBJECTS) if (subject.peer === 'rabbitmq') survives(subject);
