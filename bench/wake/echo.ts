// The process that answers: echo.js TRANSPORT NAME.
import { type TransportName, transports } from './transports.js';

const [transport, name] = process.argv.slice(2) as [TransportName, string];
// Its parent's end is its own, whatever it waits for.
process.on('disconnect', () => process.exit());
await transports[transport].echo(name);
