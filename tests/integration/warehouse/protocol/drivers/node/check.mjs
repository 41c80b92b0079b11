// What the official Node.js driver sees: one JSON object on standard output.
import { createRequire } from 'node:module';

const require = createRequire(`${process.argv[2]}/`);
const { DBSQLClient, LogLevel } = require('@databricks/sql');

const quiet = { log: () => {}, setLevel: () => {} };
const seen = {};

async function all(operation) {
  const rows = await operation.fetchAll();
  await operation.close();
  return rows;
}

async function rows(session, statement, options) {
  return all(await session.executeStatement(statement, options));
}

const plain = (value) => JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each)));

const client = new DBSQLClient({ logger: quiet });
await client.connect({
  host: process.env.WAREHOUSE_HOST,
  port: Number(process.env.WAREHOUSE_PORT),
  path: process.env.WAREHOUSE_PATH,
  token: process.env.WAREHOUSE_TOKEN,
});
const session = await client.openSession({ initialSchema: 'drivers' });

seen.one = await rows(session, 'select 1 as one, current_schema() as name');
seen.catalogs = (await all(await session.getCatalogs())).map((each) => each.TABLE_CAT);
seen.schemas = (await all(await session.getSchemas({ schemaName: 'driver%' }))).map((each) => each.TABLE_SCHEM);
seen.tables = (await all(await session.getTables({ schemaName: 'drivers' }))).map((each) => [each.TABLE_NAME, each.TABLE_TYPE]);
seen.columns = (await all(await session.getColumns({ schemaName: 'drivers', tableName: 'typed' }))).map((each) => [each.COLUMN_NAME, each.TYPE_NAME]);
seen.types = (await all(await session.getTypeInfo())).length;
seen.keys = (await all(await session.getPrimaryKeys({ schemaName: 'drivers', tableName: 'typed' }))).map((each) => each.COLUMN_NAME);
seen.typed = plain(await rows(session, 'select * from typed order by id nulls last'));
seen.named = await rows(session, 'select :a + 1 as a, :b as b', { namedParameters: { a: 41, b: 'it\'s' } });
seen.ordinal = await rows(session, 'select ? as a', { ordinalParameters: ['x'] });

const pages = await session.executeStatement('select id, repeat(\'x\', 50) as x from range(250000) order by id', { maxRows: 1000 });
let count = 0;
let last = -1;
while (await pages.hasMoreRows()) {
  for (const row of await pages.fetchChunk({ maxRows: 20000 })) {
    count += 1;
    last = Number(row.id) === last + 1 ? last + 1 : NaN;
  }
}
await pages.close();
seen.pages = [count, last];

const long = await session.executeStatement('select count(*) from range(1000000000000) where rand() < 2', { runAsync: true });
await long.cancel();
seen.cancelled = await long.finished().then(() => 'finished', (error) => `${error.name}: ${error.message}`);
seen.failed = await rows(session, 'select * from missing').then(() => 'ran', (error) => `${error.name}: ${error.message}`);
await rows(session, 'set statement_timeout = 1');
seen.timedOut = await rows(session, 'select count(*) from range(1000000000000) where rand() < 2').then(
  () => 'ran',
  (error) => `${error.name}: ${error.message}`,
);
await rows(session, 'reset statement_timeout');
seen.after = await rows(session, 'select 2 as two');

const local = { stagingAllowedLocalPath: process.env.WAREHOUSE_FOLDER };
const file = '/Volumes/spark_catalog/drivers/landing/node.txt';
const sent = `${process.env.WAREHOUSE_FOLDER}/sent.txt`;
await session.executeStatement(`put '${sent}' into '${file}' overwrite`, local);
seen.refused = await session.executeStatement(`put '${sent}' into '${file}'`, local).then(() => 'ran', (error) => error.message);
await session.executeStatement(`get '${file}' to '${process.env.WAREHOUSE_FOLDER}/node.txt'`, local);
seen.file = await rows(session, `select value from text.\`${file}\``);
await session.executeStatement(`remove '${file}'`, local);
seen.removed = await rows(session, "list '/Volumes/spark_catalog/drivers/landing'");

await session.close();
await client.close();
console.log(JSON.stringify(plain(seen)));
