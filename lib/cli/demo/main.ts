import { Collection, messageOf } from './collection.js';
import { exchange } from './exchange.js';
import { onInterruption } from './interruption.js';
import { kernelView } from './kernel-view.js';
import type { Run } from './mechanism.js';
import { parseOptions } from './options.js';
import type { Outcome } from './outcome.js';
import { Progress } from './progress.js';
import { asData, comparison, introduction, reading, situation, verdict, view } from './report.js';
import { endAllRoles } from './role-process.js';

const options = parseOptions(process.argv.slice(2));
const say = (text: string) => options.json || process.stdout.write(`${text}\n`);

// A key that `ipcs` shows with this process in its last digits, and 'i' for ipc in front.
const run: Run = { tag: `posix-ipc-demo-${process.pid}`, key: 0x69000000 + process.pid, size: options.size };
const collection = new Collection(run);

const uninterrupted = onInterruption(async () => {
  await endAllRoles();
  collection.destroy();
});

collection.create(options.mechanisms);
say(introduction(options, run));
const outcomes: Outcome[] = [];
for (const made of collection.made) {
  outcomes.push(await perform(made));
  await uninterrupted();
}
const problems = [...collection.destroy(), ...collection.leftovers()];

if (options.json) console.log(JSON.stringify(asData(options, run, outcomes, problems), null, 2));
say(comparison(outcomes));
say(reading(outcomes));
say(verdict(outcomes, problems));
process.exitCode = outcomes.every(({ traffic }) => traffic) && problems.length === 0 ? 0 : 1;

async function perform({ mechanism, objects, problem }: (typeof collection.made)[number]): Promise<Outcome> {
  if (!objects) return { mechanism, problem };
  const outcome: Outcome = { mechanism };
  // Beside --json, whoever looks on sees stderr.
  const progress = new Progress(options.items, options.json ? process.stderr : process.stdout);
  try {
    outcome.traffic = await exchange(
      { run, items: options.items, mechanism, objects },
      {
        async paused(held, names) {
          outcome.kernel = await kernelView(objects);
          say(situation(mechanism.title, held));
          say(view(outcome.kernel, names));
          progress.start();
        },
        progress: (items) => progress.update(items),
      },
    );
  } catch (error) {
    outcome.problem = messageOf(error);
  }
  progress.stop();
  return outcome;
}
