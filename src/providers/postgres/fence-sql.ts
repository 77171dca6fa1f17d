/**
 * What PostgreSQL does for a write fence.
 *
 * Invariants: what is taken is written down in the transaction that takes it, and given back from there alone; relations and columns are
 * written down by their numbers, because a migration may rename them; a row of ours, locked, orders freeze and thaw, and the higher turn wins.
 * No state is left in any session, so a pooler has nothing to keep.
 */
import { escapeLiteral } from 'pg';

export interface Fenced {
  /** The table of fences. */
  readonly book: string;
  readonly service: string;
  readonly tables: readonly string[];
  readonly roles: readonly string[];
}

/** Rights without which a role cannot write. */
const WRITES = `'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'`;

/**
 * Relations `covered`: the tables, their partitions and heirs, and the views that stand on any of them, through which their owners write.
 * Roles `holders`: those named, the groups that they are in or may become, and PUBLIC.
 */
function scope({ tables, roles }: Fenced): string {
  return `WITH RECURSIVE covered(oid) AS (
  SELECT to_regclass(name)::oid FROM unnest(${array(tables)}) AS name WHERE to_regclass(name) IS NOT NULL
  UNION
  SELECT further.oid FROM covered, LATERAL (
    SELECT inhrelid AS oid FROM pg_inherits WHERE inhparent = covered.oid
    UNION ALL
    SELECT ev_class FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
    WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = covered.oid AND ev_class <> covered.oid
  ) AS further
), named AS (
  SELECT oid, rolname FROM pg_roles WHERE rolname = ANY(${array(roles)})
), holders AS (
  SELECT 0::oid AS oid UNION SELECT held.oid FROM named, pg_roles AS held WHERE pg_has_role(named.oid, held.oid, 'MEMBER')
), held AS (
  SELECT c.oid, 0::int2 AS attnum, a.* FROM covered JOIN pg_class AS c USING (oid),
    aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a WHERE a.privilege_type IN (${WRITES})
  UNION ALL
  SELECT c.oid, t.attnum, a.* FROM covered AS c JOIN pg_attribute AS t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a
  WHERE t.attacl IS NOT NULL AND a.privilege_type IN (${WRITES})
)`;
}

/** What is taken: one item a right. */
const TAKEN = `SELECT coalesce(json_agg(json_build_object('relation', oid, 'column', attnum, 'grantee', grantee, 'right', privilege_type,
  'grantable', is_grantable)), '[]'::json) FROM held WHERE grantee IN (SELECT oid FROM holders)`;

const ITEM = 'relation oid, "column" int2, grantee oid, "right" text, grantable boolean';

/** The items of `grants` whose relation, column and role are still there. Who can write to the book must not have other statements run as us. */
const ITEMS = `FROM json_to_recordset(fence.grants) AS i(${ITEM}) JOIN pg_class AS c ON c.oid = i.relation
      LEFT JOIN pg_attribute AS t ON t.attrelid = i.relation AND t.attnum = i."column" AND NOT t.attisdropped
      LEFT JOIN pg_roles AS r ON r.oid = i.grantee
    WHERE (i."column" = 0 OR t.attname IS NOT NULL) AND (i.grantee = 0 OR r.rolname IS NOT NULL) AND i."right" IN (${WRITES})`;

/** How many items are not given back. Rights are looked for at the relation itself: it may have left the tables, or their names. */
const MISSING = `SELECT count(*) INTO STRICT missing ${ITEMS} AND NOT EXISTS (
      SELECT FROM aclexplode(CASE WHEN i."column" = 0 THEN coalesce(c.relacl, acldefault('r', c.relowner)) ELSE t.attacl END) AS a
      WHERE a.grantee = i.grantee AND a.privilege_type = i."right" AND a.is_grantable >= i.grantable)`;

function eachItem(statement: string): string {
  return `FOR item IN SELECT i.*, c.oid::regclass AS name, t.attname, coalesce(quote_ident(r.rolname), 'PUBLIC') AS who
    ${ITEMS}
    ORDER BY i.relation, i."column"
  LOOP
    EXECUTE format(${statement}, item."right", CASE WHEN item."column" = 0 THEN '' ELSE format('(%I)', item.attname) END, item.name, item.who);
  END LOOP`;
}

function block({ book, service }: Fenced, body: string): string {
  // As a literal, since a name may hold whatever other quotes would end with.
  return `DO ${escapeLiteral(`DECLARE
  fence ${book}%ROWTYPE;
  item record;
  missing int := 0;
BEGIN
  INSERT INTO ${book} (service, turn, frozen, grants) VALUES (${escapeLiteral(service)}, 0, false, '[]') ON CONFLICT (service) DO NOTHING;
  SELECT * INTO STRICT fence FROM ${book} WHERE service = ${escapeLiteral(service)} FOR UPDATE;
${body}
END`)}`;
}

/** Frozen already, by this turn or an earlier one that was never thawed: what was taken first stays what is given back. */
export function freezeSql(fenced: Fenced, turn: number): string {
  return block(
    fenced,
    `  IF fence.turn > ${turn} OR (fence.turn = ${turn} AND NOT fence.frozen) THEN RETURN; END IF;
  IF NOT fence.frozen THEN
    ${scope(fenced)}
    ${TAKEN.replace('FROM held', 'INTO fence.grants FROM held')};
  END IF;
  UPDATE ${fenced.book} SET turn = ${turn}, frozen = true, grants = fence.grants WHERE service = fence.service;
  ${eachItem(`'REVOKE %s %s ON %s FROM %s'`)};`,
  );
}

/** It stays frozen until everything is back, so that the next try gives again. */
export function thawSql(fenced: Fenced, turn: number): readonly string[] {
  return [
    block(
      fenced,
      `  IF fence.turn > ${turn} THEN RETURN; END IF;
  IF fence.frozen THEN
    ${eachItem(`'GRANT %s %s ON %s TO %s' || CASE WHEN item.grantable THEN ' WITH GRANT OPTION' ELSE '' END`)};
    ${MISSING};
  END IF;
  UPDATE ${fenced.book} SET turn = ${turn}, frozen = missing > 0 WHERE service = fence.service;`,
    ),
    stateSql(fenced),
  ];
}

/**
 * One row: what the book says, who can write all the same, and who holds a lock that only a writer has. A writer that passed the check of
 * its rights before they were taken holds it until its transaction ends; one that comes later sees the new rights.
 */
export function stateSql(fenced: Fenced): string {
  return `${scope(fenced)}
SELECT pg_is_in_recovery() AS standby, f.frozen, f.turn::text AS turn,
  ARRAY(SELECT DISTINCT named.rolname || ' on ' || covered.oid::regclass FROM named, covered
    WHERE has_table_privilege(named.oid, covered.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
      OR has_any_column_privilege(named.oid, covered.oid, 'INSERT, UPDATE')) AS open,
  ARRAY(SELECT DISTINCT coalesce('process ' || l.pid, 'a prepared transaction') || coalesce(' of ' || a.usename, '')
      || coalesce(', since ' || date_trunc('second', a.xact_start)::text, '') || ' in ' || l.relation::regclass
    FROM pg_locks AS l JOIN covered ON covered.oid = l.relation LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS writing
FROM (SELECT 1) AS one LEFT JOIN ${fenced.book} AS f ON f.service = ${escapeLiteral(fenced.service)}`;
}

/** One row: what would keep a freeze from working, or a thaw from giving everything back. */
export function checkSql(fenced: Fenced): string {
  const { tables, roles, book } = fenced;
  return `${scope(fenced)}
SELECT pg_is_in_recovery() AS standby, to_regclass('${book}') IS NOT NULL AS booked,
  ARRAY(SELECT name FROM unnest(${array(tables)}) AS name WHERE to_regclass(name) IS NULL) AS absent,
  ARRAY(SELECT name FROM unnest(${array(roles)}) AS name WHERE name NOT IN (SELECT rolname FROM named)) AS unknown,
  ARRAY(SELECT rolname::text FROM named WHERE EXISTS (SELECT FROM pg_roles AS r WHERE pg_has_role(named.oid, r.oid, 'MEMBER')
    AND (r.rolsuper OR r.rolname = 'pg_write_all_data'))) AS mighty,
  ARRAY(SELECT covered.oid::regclass::text FROM covered JOIN pg_class USING (oid) WHERE NOT pg_has_role(relowner, 'USAGE')) AS foreign,
  ARRAY(SELECT DISTINCT held.oid::regclass::text FROM held JOIN pg_class USING (oid) WHERE grantor <> relowner) AS handed,
  ARRAY(SELECT DISTINCT confrelid::regclass || ' into ' || conrelid::regclass FROM pg_constraint
    WHERE contype = 'f' AND conrelid IN (SELECT oid FROM covered) AND confrelid NOT IN (SELECT oid FROM covered)
      AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd'))) AS cascading`;
}

/** Whether the book says frozen; the book must be there. */
export function bookSql({ book, service }: Fenced): string {
  return `SELECT (SELECT frozen FROM ${book} WHERE service = ${escapeLiteral(service)} FOR UPDATE) AS frozen`;
}

function array(names: readonly string[]): string {
  return `ARRAY[${names.map(escapeLiteral).join(', ')}]::text[]`;
}
