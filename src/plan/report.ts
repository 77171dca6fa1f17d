/** Where the rules of lint put what they find. Invariant: findings keep the order in which the rules ran. */
import type { Finding, Path } from './errors.ts';

/** Collects findings; `error` and `warn` differ in whether the plan may be used. */
export class Report {
  readonly errors: Finding[] = [];
  readonly warnings: Finding[] = [];

  error(path: Path, message: string, fix: string): void {
    this.errors.push({ path, message, fix });
  }

  warn(path: Path, message: string, fix: string): void {
    this.warnings.push({ path, message, fix });
  }
}
