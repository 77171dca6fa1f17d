/**
 * The plan: one switch of one service, as the engine reads it. Immutable once started and identified by its
 * digest. Users write `cutover.yaml`; `src/plan` turns that into this with every default filled in.
 */
import type { Color } from './color.ts';
import type { Topology } from './edge-config.ts';
import type { GateSettings } from './gate.ts';
import type { AnswerIdentity } from './identity.ts';
import type { Stage } from './stage.ts';
import type { OwnDialect } from './streams/own.ts';

/** A provider by built-in name or by a module of the user's own, with its options (never a secret). */
export interface ProviderRef {
  readonly use: string;
  readonly [option: string]: unknown;
}

export interface ColorPlan {
  /** Direct address of the stack, past the edge; probes, health contract and retirement use it. */
  readonly url: string;
  /** Release id, e.g. a git sha or a Lambda version. */
  readonly release: string;
  /** Identity this color is meant to have. Absent: whatever its health contract says at preflight is pinned. */
  readonly index?: AnswerIdentity;
}

/** How long a wait may last and what happens then. */
export interface Deadline {
  readonly afterMs: number;
  readonly then: 'rollback' | 'pause' | 'proceed';
}

export interface HoldPlan {
  /** Length of the hold, ms. */
  readonly forMs: number;
  /** Looks within it; gates are judged at `forMs / looks` intervals. */
  readonly looks: number;
}

export interface RampStep extends HoldPlan {
  readonly weightPercent: number;
  /** Cohorts on `to` from this step on (topology `header`). */
  readonly cohorts: readonly string[];
  /** Regions the gates look at in this step; empty means all. */
  readonly regions: readonly string[];
}

export type OnInconclusive = 'pause' | 'abort' | 'promote';

/** One peak hour: a daily window in a time zone. */
export interface PeakWindow {
  /** Local start, `HH:MM`. */
  readonly at: string;
  /** IANA time zone, e.g. `Europe/Paris`. */
  readonly zone: string;
  /** Days it may fall on, 1 = Monday to 7 = Sunday. */
  readonly days: readonly number[];
}

export interface ProbesPlan {
  /** Folder of the probe set (absolute once loaded). */
  readonly set: string;
  /** Digest pinned at start; the worker refuses a set that reads differently. */
  readonly digest: string;
  readonly request: ProbeRequest;
  readonly response: ProbeResponseMap;
  readonly embedder: ProviderRef;
  /** `calibrated`: ΔS mapped onto the 0.45/0.60 scale; `raw`: the literal distances. */
  readonly scale: 'calibrated' | 'raw';
  /** Where the service retrieves without generating; absent: every question is answered. */
  readonly retrieval?: ProbeRetrieval;
  /** Conversations that must survive the flip; absent: none are asked. */
  readonly dialogs?: DialogsPlan;
  /** Requests in flight at once, per color. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Requests per second, per color. Left out: as fast as `concurrency` allows. */
  readonly rate?: number;
  /** Stream dialects of the user's own. */
  readonly dialects?: readonly OwnDialect[];
  /** Time and price of one answer, to say what the probes cost before they are sent. */
  readonly answerTimeMs?: number;
  readonly costPerAnswer?: number;
}

export interface ProbeRequest {
  readonly method: 'POST' | 'GET';
  /** Path on the entry URL (or on the color's URL when `via` is `direct`). */
  readonly path: string;
  /** `edge`: through the router with a signed pin; `direct`: to the color's own URL. */
  readonly via: 'edge' | 'direct';
  readonly headers: Readonly<Record<string, string>>;
  /** JSON body; strings may hold `{{question}}`, `{{seed}}`, `{{probeId}}`. */
  readonly body: unknown;
  readonly stream: boolean;
}

/** Conversations of two turns, begun on one color and continued on the other. */
export interface DialogsPlan {
  /** Requests of the turns; strings may also hold `{{dialog}}` and `{{word}}`. */
  readonly first: ProbeRequest;
  readonly second: ProbeRequest;
  /** Where the first answer names the dialog; null: `{{dialog}}` is a name of our own. */
  readonly id: string | null;
  readonly remembered: {
    /** Where in the second answer. */
    readonly at: string;
    /** A text that must be in it, or `/regex/`. */
    readonly says: string;
  };
  /** Dialogs of each kind that a hold asks. */
  readonly count: number;
}

/** What is asked of questions that only ΔS and coverage need. */
export interface ProbeRetrieval {
  readonly request: ProbeRequest;
  /** JSONPath of the delivered snippets, in order. */
  readonly retrieved: string;
  /** Answerable questions that are asked for whole answers all the same. */
  readonly answers: number;
}

/** Where to find things in an answer: JSONPath (RFC 9535) for lists, JSON Pointers within one item. */
export interface ProbeResponseMap {
  readonly answer: string;
  readonly citations: string;
  readonly retrieved: string;
  readonly snippet: {
    readonly id: string;
    readonly section: string;
    readonly text: string;
    readonly start: string;
    readonly end: string;
  };
  readonly identity: Readonly<Record<keyof AnswerIdentity, string>>;
  readonly cold: string;
  /** What marks a refusal: an exact text, `/regex/` or `language:<code>`; of several one is enough. */
  readonly refusal: string | readonly string[];
  /** JSON Schema (draft 2020-12, no remote refs) each answer must satisfy. */
  readonly schema: unknown;
}

export interface ApprovalPlan {
  /** Stage that waits for approval before it starts. */
  readonly before: Stage;
  /** People who may approve; empty means anybody. */
  readonly approvers: readonly string[];
  /** Distinct people needed. */
  readonly count: number;
  /** `starter`: whoever started the switch may not approve it. Left out: they may. */
  readonly exclude?: 'starter';
  readonly deadline: Deadline;
}

export interface CustomGatePlan {
  readonly name: string;
  /** A built-in provider with a `gate` port, or a module of the user's own. */
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Where steps of the user's own can be done, in playbook order. `frozen`: users' writes stand still and the queue is drained, right before the flip. */
export const STEP_PLACES = [
  'preflight',
  'before-canary',
  'frozen',
  'after-flip',
  'before-decommission',
] as const;

export type StepPlace = (typeof STEP_PLACES)[number];

/** An effect of the user's own, at one place of the playbook. */
export interface OwnStep {
  readonly at: StepPlace;
  /** Of this plan alone. */
  readonly name: string;
  readonly do: ProviderRef;
  /** Null: it is kept whatever happens. */
  readonly undo: ProviderRef | null;
  /** `flip`: it is kept once the flip has begun. */
  readonly undoUntil: 'end' | 'flip';
  /** Why it is kept; null where it never is. */
  readonly reason: string | null;
  /** Longest time of the step, all its tries together; each try of its undo has as long. */
  readonly withinMs: number;
}

/** Who holds the edge config, who routes by it, and who moves users. */
export interface EdgeRefs {
  readonly store: ProviderRef;
  readonly router: ProviderRef;
  /** A vendor's own weight. Null: the router obeys the weight that the edge config holds. */
  readonly traffic: ProviderRef | null;
}

export interface Plan {
  readonly schema: 1;
  readonly service: string;
  readonly from: Color;
  readonly to: Color;
  /** Where users arrive: one URL for each region. */
  readonly entry: readonly { readonly region: string; readonly url: string }[];
  readonly colors: Readonly<Record<Color, ColorPlan>>;
  readonly topology: Topology;
  /** Users write nothing that outlives their request. Left out: they do. */
  readonly writes?: 'none';
  readonly providers: {
    readonly edge: EdgeRefs;
    readonly color: ProviderRef;
    readonly queue: ProviderRef | null;
    readonly cache: ProviderRef | null;
    /** Who stops writes to some tables inside the freeze; absent: nobody. */
    readonly fence?: ProviderRef;
    readonly warmup: ProviderRef | null;
    readonly telemetry: ProviderRef;
    readonly notify: readonly ProviderRef[];
    readonly evidence: ProviderRef;
  };
  readonly probes: ProbesPlan;
  readonly preflight: {
    /** Finding codes that the user accepts, with the reason. */
    readonly accept: Readonly<Record<string, string>>;
  };
  readonly shadow: {
    /** Sampled user requests replayed to `to` with writes fenced. */
    readonly replay: number;
    readonly deadline: Deadline;
  };
  readonly canary: HoldPlan & { readonly weightPercent: number; readonly cohorts: readonly string[] };
  readonly warmup: { readonly pings: number; readonly rounds: number; readonly deadline: Deadline };
  readonly ramp: readonly RampStep[];
  readonly cutover: {
    /** Longest time writes stay frozen in one attempt. */
    readonly freezeMs: number;
    /** The queue must stay empty this long; must exceed the broker's consistency lag. */
    readonly quietMs: number;
    readonly fenceMs: number;
    /** Longest wait for every region to report a generation. */
    readonly propagationMs: number;
    readonly attempts: number;
    readonly backoffMs: number;
    readonly deadline: Deadline;
  };
  readonly caches: { readonly popular: number; readonly deadline: Deadline };
  readonly audit: HoldPlan;
  readonly hold: HoldPlan & {
    /** Null: any hour counts. `telemetry`: the next hour whose usual load is near the week's top. */
    readonly peak: PeakWindow | 'telemetry' | null;
    readonly onRed: 'restart' | 'rollback';
    readonly restarts: number;
    /** When the release or index of `to` is not the one preflight pinned, in any hold. */
    readonly onRelease: 'ask' | 'restart';
    /** When telemetry cannot tell a peak. */
    readonly noPeak: 'ask' | 'any-hour';
  };
  readonly decommission: { readonly retire: boolean; readonly keepMs: number; readonly deadline: Deadline };
  readonly approvals: readonly ApprovalPlan[];
  /** Steps of the user's own, in the order of their places and then of the file. Left out: there are none. */
  readonly steps?: readonly OwnStep[];
  readonly gates: GateSettings;
  readonly customGates: readonly CustomGatePlan[];
  readonly allowErrors: readonly string[];
  readonly onInconclusive: {
    readonly extensions: number;
    readonly extensionMs: number;
    readonly then: OnInconclusive;
    /** When `then` is `pause`: how long to wait for an operator, then roll back. */
    readonly deadline: Deadline;
  };
  /** How long a pause may last. */
  readonly pause: Deadline;
}

/** The plan's references by the port that each opens. */
export type PortRefs = Omit<Plan['providers'], 'edge'> & EdgeRefs;

export function portRefs({ edge, ...others }: Plan['providers']): PortRefs {
  return { ...others, ...edge };
}

/** Neither writes nor jobs: the flip is one write to the edge, with nothing to freeze, to drain or to fence. */
export function isReadingOnly({ writes, providers }: Pick<Plan, 'writes' | 'providers'>): boolean {
  return writes === 'none' && providers.queue === null;
}

/** False where a person has accepted that scheduled work runs on more than one color, or on none. */
export function watchesSchedules({ preflight }: Pick<Plan, 'preflight'>): boolean {
  return preflight.accept['schedulers'] === undefined;
}
