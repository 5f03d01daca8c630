// Takes a mutex, fills memory, and waits for its end: owner.js MUTEX MIB. Says `held`.
import { Mutex } from 'posix-ipc';

const [name, mebibytes] = process.argv.slice(2) as [string, string];
const ballast = Buffer.alloc(Number(mebibytes) * 2 ** 20, 1);
const guard = Mutex.open(name).lockSync();
process.stdout.write('held');
setInterval(() => [ballast, guard], 2 ** 30);
