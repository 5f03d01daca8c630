import { Channel } from 'posix-ipc';
import { expect, test } from 'vitest';
import { open } from '../helpers/holder.js';
import { leaveNothing } from '../helpers/leftovers.js';
import { name } from '../helpers/objects.js';
import { start } from '../helpers/program.js';

leaveNothing();

const receive = {
  receiveSync: 'String(reader.receiveSync())',
  receive: 'String(await reader.receive())',
};

test.each(Object.keys(receive) as (keyof typeof receive)[])(
  'all writers have gone, another reader has its turn: %s waits for what that one leaves',
  async (how) => {
    const path = name();
    const channel = open(Channel.create(path, { readers: 'many' }));
    const writer = channel.writer();
    writer.trySendMany(['first', 'second'].map((text) => Buffer.from(text)));
    writer.close();
    const reader = channel.reader();
    const lease = reader.tryLease();
    const script = `import { Channel } from ${JSON.stringify(import.meta.resolve('posix-ipc'))};
      const reader = Channel.open('${path}').reader();
      console.log('waits');
      console.log(await (async () => ${receive[how]})().catch(({ code }) => code));`;
    const words = ['--input-type=module', '--eval', script];
    const { ended, printed } = start(process.execPath, words);
    await printed('waits');
    await new Promise((resolve) => setTimeout(resolve, 300));
    lease?.release();
    expect(await ended).toMatchObject({ stdout: 'waits\nsecond\n', stderr: '' });
    reader.close();
  },
);
