import { sysv } from '../../../index.js';
import { type Mechanism, slots } from '../mechanism.js';

export const sysvMessageQueue: Mechanism = {
  name: 'sysv-msg',
  title: 'System V message queue',

  create({ key, size }) {
    const queue = sysv.MessageQueue.create(key, { removeOnExit: true });
    // Its limit is bytes, not messages. Everybody may lower it; only root may raise it.
    const maxBytes = Math.min(slots * size, queue.stat().maxBytes);
    queue.set({ maxBytes });
    return {
      room: Math.floor(maxBytes / size),
      exhibits: [{ kind: 'sysv-msg', label: `queue ${queue.id}`, id: queue.id }],
      facts() {
        const { length, bytes } = queue.stat();
        return [`queue attributes: length ${length}, bytes ${bytes}, maxBytes ${maxBytes}`];
      },
      left: () => queue.stat().length,
      destroy: () => queue.remove(),
    };
  },

  producer({ key }) {
    const queue = sysv.MessageQueue.open(key);
    return { put: (item) => queue.sendSync(item), close() {} };
  },

  consumer({ key }) {
    const queue = sysv.MessageQueue.open(key);
    return { take: (into) => queue.receiveIntoSync(into).length, close() {} };
  },
};
