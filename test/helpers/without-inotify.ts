import { describe, expect, test } from 'vitest';
import { uniqueName } from './names.js';
import { fixture, run } from './program.js';
import { testWith } from './tools.js';

/** What a program that waits in every way prints, with an inotify instance to be had and without one. */
export function testWithoutInotify(path: string, stdout: string): void {
  const words = () => [process.execPath, fixture(path), uniqueName()];
  const expected = { code: 0, stderr: '', stdout };

  describe('where no inotify instance is to be had', () => {
    test('those who wait sleep shortly, again and again, and miss nothing: as with one', async () => {
      const [command, ...rest] = words();
      expect(await run(command, rest)).toMatchObject(expected);
    });

    testWith('unshare', 'another user')('so it is without one', async () => {
      // In a user namespace the limit is one's own.
      const script = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"';
      const inside = ['--user', '--map-root-user', 'sh', '-c', script, 'sh', ...words()];
      expect(await run('unshare', inside)).toMatchObject(expected);
    });
  });
}
