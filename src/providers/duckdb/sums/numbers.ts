/** Rows of numbers, as the engine counted them. */
import { type DuckDBConnection, DuckDBDoubleVector } from '@duckdb/node-api';

/** @param select a list of columns, each a number and never null */
export async function numbers(
  connection: DuckDBConnection,
  select: readonly string[],
  from: string,
): Promise<number[][]> {
  const list = select.map((column) => `(${column})::DOUBLE`).join(', ');
  const chunks = await (await connection.run(`SELECT ${list} ${from}`)).fetchAllChunks();
  return chunks.flatMap((chunk) => {
    const columns = select.map((_, i) => chunk.getColumnVector(i));
    return Array.from({ length: chunk.rowCount }, (_, row) =>
      columns.map((column) => {
        if (!(column instanceof DuckDBDoubleVector)) throw new TypeError('not a column of DOUBLE');
        return column.getItem(row) ?? Number.NaN;
      }),
    );
  });
}
