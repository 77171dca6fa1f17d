/** What health contracts leave out, and what that costs a switch. Nothing of it stops one. */
import { COLORS, type Color } from './color.ts';
import type { Finding, FindingCode } from './finding.ts';
import type { HealthContract } from './health.ts';

type Field = keyof HealthContract;

const SERVE = 'serve it in GET /.well-known/cutover (docs/connect-a-service.md)';

/** Compared between the colors: what one of them leaves out is not. */
const COMPARED = [
  'env',
  'secrets',
  'region',
  'cachePrefix',
  'tools',
  'memoryPrefix',
] as const satisfies readonly Field[];

type Contracts = Readonly<Record<Color, readonly HealthContract[] | null>>;
type Untold = Omit<Finding, 'accepted'>;

/** @param health null for a color that was not asked, or did not answer */
export function* untold(
  health: Contracts,
  plan: { readonly from: Color; readonly writes?: 'none' | undefined; readonly hasQueue: boolean },
): Generator<Untold> {
  const where = (lacks: (one: HealthContract) => boolean): string | null => {
    const colors = COLORS.filter((color) => health[color]?.some(lacks));
    return colors.length === 0
      ? null
      : `${colors.join(' and ')} ${colors.length > 1 ? 'do' : 'does'} not tell`;
  };
  const silent = (...fields: readonly Field[]): string | null =>
    where((one) => fields.some((field) => one[field] === undefined));
  const apart = COMPARED.filter((field) => silent(field) !== null);
  const uncompared = silent(...COMPARED);
  if (uncompared !== null) {
    yield warns(
      'parity-unknown',
      `${uncompared} ${apart.join(', ')}: nobody compares ${apart.length > 1 ? 'these' : 'that'} between the colors`,
      SERVE,
    );
  }
  const queue = silent('queue');
  if (queue !== null) {
    yield warns(
      'contract-partial',
      !plan.hasQueue
        ? `${queue} its queue, and the plan names none: no job is drained or moved`
        : `${queue} its queue: whether it consumes the one of the plan is not known`,
      `${SERVE}, \`null\` if there is none`,
    );
  }
  const schedules = silent('schedules');
  if (schedules !== null) {
    yield warns(
      'contract-partial',
      `${schedules} its schedules: whether cron jobs run on both colors, or on none after the flip, is not known`,
      `${SERVE}, \`[]\` if there are none`,
    );
  }
  const migration = silent('migration');
  if (migration !== null) {
    yield warns(
      'contract-partial',
      `${migration} its migration: it is taken as compatible, both colors can run on the present schema`,
      SERVE,
    );
  }
  const counters = silent('counters');
  if (counters !== null) {
    yield warns(
      'contract-partial',
      `${counters} counters: where \`to\` has none, gate egress is skipped${!plan.hasQueue ? '' : ' and dedupe asks a person'}; refused late writes are counted by the edge alone`,
      SERVE,
    );
  }
  // `false` is told, and costs the same.
  const unguarded = plan.writes === 'none' ? null : where(({ writeGuard }) => writeGuard !== true);
  if (unguarded !== null) {
    yield warns(
      'contract-partial',
      `${unguarded} that it refuses writes itself: what the router's WRITE_ROUTES and ENQUEUE_ROUTES do not match, or what comes past the router, writes through a freeze`,
      'guard writes in the service and tell writeGuard: true, or say writes: none in the plan if users write nothing that lasts',
    );
  }
  yield* roomUntold(plan.from, health);
}

function* roomUntold(from: Color, health: Contracts): Generator<Untold> {
  if (health[from]?.some(({ capacity }) => capacity === undefined) !== true) return;
  yield warns(
    'capacity-unknown',
    `${from} does not tell its capacity: that it has room to take everybody back cannot be shown`,
    `see yourself that nobody scales ${from} down before the switch has ended (approve: [canary] makes a person confirm it each time), or serve capacity`,
  );
}

function warns(code: FindingCode, message: string, fix: string): Untold {
  return { code, severity: 'warning', message, fix };
}
