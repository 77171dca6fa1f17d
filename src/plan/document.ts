/**
 * YAML text to a value, with the place of every field. Bounded, because a plan may come from a pull request.
 *
 * Invariant: never throws anything but PlanError for any text, and never expands aliases without a bound.
 */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import { PlanError, type Finding, type Path, type Problem } from './errors.ts';

/** Largest plan that is read, bytes. */
export const MAX_PLAN_BYTES = 256 * 1024;
const MAX_ALIASES = 50;
const MAX_DEPTH = 64;

export interface PlanDocument {
  readonly value: Readonly<Record<string, unknown>>;
  /** Gives a finding its line and column: the field's, or that of the nearest thing around it that exists. */
  place(finding: Finding): Problem;
}

/** @throws PlanError when the text is not one YAML mapping */
export function parsePlanText(text: string, file: string): PlanDocument {
  const fail = (line: number, column: number, message: string, fix: string): PlanError =>
    new PlanError(file, [{ path: [], message, fix, line, column }]);
  if (Buffer.byteLength(text) > MAX_PLAN_BYTES) {
    throw fail(
      1,
      1,
      `is larger than ${MAX_PLAN_BYTES / 1024} KB`,
      'keep probes and schemas in files of their own',
    );
  }
  const lines = new LineCounter();
  let document: Document.Parsed;
  let value: unknown;
  try {
    document = parseDocument(text.replace(/^\uFEFF/, ''), {
      lineCounter: lines,
      uniqueKeys: true,
      prettyErrors: false,
      version: '1.2',
    });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) {
      throw new PlanError(
        file,
        faults.slice(0, 20).map((fault) => {
          const at = lines.linePos(fault.pos[0]);
          return {
            path: [],
            ...yamlAdvice(fault.code, fault.message),
            line: at.line || 1,
            column: at.col || 1,
          };
        }),
      );
    }
    const oddKey = keyThatIsNoWord(document);
    if (oddKey !== null) {
      const at = lines.linePos(oddKey);
      throw fail(at.line || 1, at.col || 1, 'has a key that is no plain word', 'write `name: value`');
    }
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (!isBounded(value, 0)) throw new RangeError('too deep');
  } catch (error) {
    if (error instanceof PlanError) throw error;
    if (error instanceof ReferenceError) {
      throw fail(1, 1, `expands aliases more than ${MAX_ALIASES} times`, 'write the values out');
    }
    if (error instanceof RangeError) throw fail(1, 1, 'is nested too deeply', 'write a flatter file');
    throw fail(
      1,
      1,
      `is not YAML: ${error instanceof Error ? error.message : String(error)}`,
      'correct the syntax',
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const what = value === null || value === undefined ? 'is empty' : 'must be a mapping of fields to values';
    throw fail(1, 1, what, 'begin with `service: <name>`; docs/plan.md shows a whole file');
  }
  return {
    value: value as Record<string, unknown>,
    place: (finding) => ({ ...finding, ...placeOf(document, lines, finding) }),
  };
}

/** Offset of a key that is a list, a mapping or an alias; null when all keys are plain. */
function keyThatIsNoWord(document: Document.Parsed): number | null {
  let offset: number | null = null;
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) || key === null) return undefined;
      offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
      return visit.BREAK;
    },
  });
  return offset;
}

// An alias may lead back to itself; everything that walks the value later relies on an end.
function isBounded(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return depth < MAX_DEPTH && Object.values(value).every((item) => isBounded(item, depth + 1));
}

function yamlAdvice(code: string, message: string): Pick<Finding, 'message' | 'fix'> {
  const said = message.replace(/\s+/g, ' ').slice(0, 200);
  switch (code) {
    case 'DUPLICATE_KEY':
      return { message: 'this key stands twice in one mapping', fix: 'remove one of the two' };
    case 'TAB_AS_INDENT':
      return { message: 'a tab cannot indent YAML', fix: 'use spaces' };
    case 'MULTIPLE_DOCS':
      return { message: 'holds more than one document', fix: 'keep one plan in a file; remove `---`' };
    case 'TAG_RESOLVE_FAILED':
      return { message: 'has an unknown YAML tag', fix: 'write the plain value' };
    default:
      return { message: `is not YAML: ${said}`, fix: 'correct the syntax' };
  }
}

function placeOf(
  document: Document.Parsed,
  lines: LineCounter,
  finding: Finding,
): { line: number; column: number } {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, part] of finding.path.entries()) {
    const last = depth === finding.path.length - 1;
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined || !isScalar(pair.key)) break;
      const next: unknown = pair.value;
      node = isNode(next) ? next : null;
      // A nested block begins on a later line than its key; the key is what the reader looks for.
      const useValue = isScalar(node) && !(last && finding.atKey === true) && node.source !== '';
      offset = (useValue ? node?.range?.[0] : undefined) ?? pair.key.range?.[0] ?? offset;
    } else if (isSeq(node)) {
      const next: unknown = node.items[Number(part)];
      if (!isNode(next)) break;
      node = next;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  const at = lines.linePos(offset);
  return { line: at.line || 1, column: at.col || 1 };
}

/** Paths are compared as text: two findings about one field are one problem. */
export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
