import { writeItem } from './item.js';
import { play } from './role.js';

/** What a producer tells of an exchange. */
export interface Produced {
  items: number;
  seconds: number;
}

await play<Produced>(async ({ job: { run, items, held }, mechanism, pause }) => {
  const producer = mechanism.producer(run);
  const item = Buffer.alloc(run.size);
  const put = (number: number) => {
    writeItem(item, number, process.hrtime.bigint());
    producer.put(item);
  };

  for (let number = 1; number <= held; number++) put(number);
  await pause();
  const start = performance.now();
  for (let number = held + 1; number <= items; number++) put(number);
  const seconds = (performance.now() - start) / 1000;
  producer.close();
  return { items, seconds };
});
