/** Placeholders of a query: `{{name}}`, spaces allowed. */
import { UserError } from '../../domain/errors.ts';

export const BY_COLOR = /\{\{\s*color\s*\}\}/;
export const BY_WINDOW = /\{\{\s*window\s*\}\}/;
export const BY_REGIONS = /\{\{\s*regions\s*\}\}/;

/** @param whose names the query's owner in messages. @throws UserError on a placeholder that does not exist. */
export function fillQuery(query: string, values: Readonly<Record<string, string>>, whose: string): string {
  return query.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) return value;
    const known = Object.keys(values)
      .map((one) => `{{${one}}}`)
      .join(', ');
    throw new UserError(`${whose}: no placeholder {{${name}}} here; there are ${known}`);
  });
}
