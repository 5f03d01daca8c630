import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageQueue } from 'posix-ipc';
import { message, type Transport } from './transport.js';

const queueOptions = { maxMessages: 1, messageSize: message.length };

const posixQueue: Transport = {
  title: 'POSIX queue, await receive()',
  async ping(name, echo) {
    const there = MessageQueue.create(`${name}-there`, { ...queueOptions, unlinkOnExit: true });
    const back = MessageQueue.create(`${name}-back`, { ...queueOptions, unlinkOnExit: true });
    echo.start();
    return {
      async roundTrip() {
        there.trySend(message);
        await back.receiveInto(message);
      },
      end() {
        for (const queue of [there, back]) {
          queue.close();
          MessageQueue.unlink(queue.name);
        }
      },
    };
  },
  async echo(name) {
    const there = MessageQueue.open(`${name}-there`);
    const back = MessageQueue.open(`${name}-back`);
    for (;;) {
      await there.receiveInto(message);
      back.trySend(message);
    }
  },
};

/** What the awaits of one round trip cost when nobody has to be waited for. */
const readyQueue: Transport = {
  title: 'the same awaits on a queue that is ready',
  async ping(name) {
    const queue = MessageQueue.create(`${name}-ready`, { ...queueOptions, unlinkOnExit: true });
    return {
      async roundTrip() {
        queue.trySend(message);
        await queue.receiveInto(message);
      },
      end() {
        queue.close();
        MessageQueue.unlink(queue.name);
      },
    };
  },
  async echo() {},
};

/** Calls back for every whole message of a stream. */
function framed(socket: Socket, each: () => void): void {
  let bytes = 0;
  socket.on('data', (chunk) => {
    for (bytes += chunk.length; bytes >= message.length; bytes -= message.length) each();
  });
}

const unixSocket: Transport = {
  title: 'net, Unix socket',
  async ping(name, echo) {
    const path = join(tmpdir(), `${name.slice(1)}.sock`);
    const server = createServer().listen(path);
    await once(server, 'listening');
    echo.start();
    const [socket] = (await once(server, 'connection')) as [Socket];
    let arrived = () => {};
    framed(socket, () => arrived());
    return {
      roundTrip: () =>
        new Promise((resolve) => {
          arrived = resolve;
          socket.write(message);
        }),
      end() {
        socket.destroy();
        server.close();
      },
    };
  },
  async echo(name) {
    const socket = connect(join(tmpdir(), `${name.slice(1)}.sock`));
    framed(socket, () => socket.write(message));
    await once(socket, 'close');
  },
};

const childProcess: Transport = {
  title: 'child_process IPC',
  async ping(_name, echo) {
    const child = echo.start();
    await once(child, 'message');
    const text = message.toString('latin1');
    return {
      roundTrip: () =>
        new Promise((resolve) => {
          child.once('message', () => resolve());
          child.send(text);
        }),
      end: () => child.disconnect(),
    };
  },
  async echo() {
    process.on('message', (text) => process.send?.(text));
    process.send?.('ready');
    await once(process, 'disconnect');
  },
};

export const transports = { posixQueue, readyQueue, unixSocket, childProcess } as const;
export type TransportName = keyof typeof transports;
