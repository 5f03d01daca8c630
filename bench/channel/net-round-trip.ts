// The same over a Unix socket: net-round-trip.js ping|echo NAME SIZE SECONDS. The one that answers is started first.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pingAwaiting } from './ping.js';
import { report, takePlaces } from './stage.js';

const [role, name, size, seconds] = process.argv.slice(2) as [string, string, string, string];
// In the abstract namespace, unix(7): nothing is left of it.
const path = `\0${name}`;
const message = Buffer.alloc(Number(size), 1);
if (role === 'ping') await ping();
else await echo();

async function ping(): Promise<void> {
  const socket = connect(path);
  await once(socket, 'connect');
  let arrived = () => {};
  framed(socket, () => arrived());
  takePlaces();
  const roundTrip = () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
      socket.write(message);
    });
  report(await pingAwaiting(Number(seconds), roundTrip));
  socket.destroy();
}

async function echo(): Promise<void> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  server.once('connection', (socket) => framed(socket, () => socket.write(message)));
  takePlaces();
}

/** Calls back for every whole message of a stream. */
function framed(socket: Socket, each: () => void): void {
  let bytes = 0;
  socket.on('data', (chunk) => {
    for (bytes += chunk.length; bytes >= message.length; bytes -= message.length) each();
  });
}
