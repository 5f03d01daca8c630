import type { Mechanism } from '../mechanism.js';
import { posixMessageQueue } from './posix-mq.js';
import { posixSharedMemory } from './posix-shm.js';
import { sysvMessageQueue } from './sysv-msg.js';
import { sysvSharedMemory } from './sysv-shm.js';

export const mechanisms: readonly Mechanism[] = [
  posixSharedMemory,
  posixMessageQueue,
  sysvSharedMemory,
  sysvMessageQueue,
];
