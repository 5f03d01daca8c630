// Waits for a mutex in a blocked thread: waiter.js MUTEX. Prints the moment at which it has it, in nanoseconds.
import { writeSync } from 'node:fs';
import { Mutex } from 'posix-ipc';

const mutex = Mutex.open(process.argv[2] as string);
writeSync(1, 'waits\n');
const guard = mutex.lockSync();
const moment = process.hrtime.bigint();
guard.makeConsistent();
guard.unlock();
writeSync(1, `${moment}\n`);
