import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const dist = fileURLToPath(new URL('./dist/', import.meta.url));

export default defineConfig({
  // vite knows no self reference; `external` below leaves the loading of what it finds to Node.
  resolve: { alias: { 'posix-ipc': `${dist}index.js` } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Limits such as RLIMIT_MSGQUEUE count per user: files side by side would use up each other's.
    fileParallelism: false,
    // A watchdog, not a measurement.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    server: { deps: { external: [new RegExp(`^${dist.replace(/[^\w/]/g, '\\$&')}`)] } },
    reporters: ['default', './test/helpers/closing-line.ts'],
  },
});
