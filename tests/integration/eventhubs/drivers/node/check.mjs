// Asks, sends by key and in batches, and receives from all partitions with Microsoft's SDK; prints what it saw.
// node check.mjs FOLDER_OF_PACKAGES HUB
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [packages, hub] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(packages, 'package.json')));
const sdk = require('@azure/event-hubs');
const connection = process.env.EVENTHUBS_CONNECTION_STRING;
const options = { retryOptions: { maxRetries: 0, timeoutInMs: 20000 } };
const seen = { errors: [] };
const note = async ({ error, message }) => seen.errors.push(String(error?.message ?? message));

const producer = new sdk.EventHubProducerClient(connection, hub, options);
seen.hub = (await producer.getEventHubProperties()).name;
seen.partitions = await producer.getPartitionIds();
seen.isEmpty = (await producer.getPartitionProperties('0')).isEmpty;
await producer.sendBatch([{ body: 'keyed' }], { partitionKey: 'customer-1' });
await producer.close();

const buffered = new sdk.EventHubBufferedProducerClient(connection, hub, { ...options, onSendEventsErrorHandler: note });
for (let number = 0; number < 20; number++) await buffered.enqueueEvent({ body: `buffered ${number}` });
await buffered.close({ flush: true });

const consumer = new sdk.EventHubConsumerClient('$Default', connection, hub, options);
const bodies = [];
seen.keys = [];
const subscription = consumer.subscribe(
  {
    processEvents: async (events) => {
      for (const event of events) {
        bodies.push(event.body);
        if (event.partitionKey) seen.keys.push(event.partitionKey);
      }
    },
    processError: note,
  },
  { startPosition: sdk.earliestEventPosition },
);
const deadline = Date.now() + 40000;
while (bodies.length < 21 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
await subscription.close();
await consumer.close();
seen.bodies = bodies.sort();

const nowhere = new sdk.EventHubConsumerClient('nobody-made-this-group', connection, hub, options);
seen.refusals = [];
const refused = nowhere.subscribe(
  '0',
  { processEvents: async () => {}, processError: async (error) => seen.refusals.push(error.code) },
  { startPosition: sdk.earliestEventPosition },
);
while (!seen.refusals.length && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
await refused.close();
await nowhere.close();
console.log(JSON.stringify(seen));
