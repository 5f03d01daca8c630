import { MessageQueue } from '../../../index.js';
import { type Mechanism, type Run, slots } from '../mechanism.js';

const nameOf = ({ tag }: Run) => `/${tag}-queue`;

export const posixMessageQueue: Mechanism = {
  name: 'posix-mq',
  title: 'POSIX message queue',

  create(run) {
    const name = nameOf(run);
    const queue = MessageQueue.create(name, {
      maxMessages: slots,
      messageSize: run.size,
      unlinkOnExit: true,
    });
    const { dev, ino } = queue.stat();
    return {
      exhibits: [{ kind: 'posix-mq', label: name, dev, ino }],
      facts: () => [
        `queue attributes: maxMessages ${queue.maxMessages}, messageSize ${queue.messageSize}, length ${queue.length}`,
      ],
      left: () => queue.length,
      destroy() {
        queue.close();
        MessageQueue.unlink(name);
      },
    };
  },

  producer(run) {
    const queue = MessageQueue.open(nameOf(run), { access: 'write' });
    return { put: (item) => queue.sendSync(item), close: () => queue.close() };
  },

  consumer(run) {
    const queue = MessageQueue.open(nameOf(run), { access: 'read' });
    return { take: (into) => queue.receiveIntoSync(into).length, close: () => queue.close() };
  },
};
