import { Receipt, type Received } from './receipt.js';
import { play } from './role.js';

await play<Received>(async ({ job: { run, items, held }, mechanism, pause, progress }) => {
  const consumer = mechanism.consumer(run);
  const receipt = new Receipt(run.size, held);
  const item = Buffer.alloc(run.size);

  await pause();
  const start = performance.now();
  for (let taken = 1; taken <= items; taken++) {
    const length = consumer.take(item);
    receipt.add(item.subarray(0, length), process.hrtime.bigint());
    progress(taken);
  }
  const seconds = (performance.now() - start) / 1000;
  consumer.close();
  return receipt.summary(seconds);
});
