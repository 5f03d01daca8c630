import { spawnSync } from 'node:child_process';

/** Its standard error is descriptor 3, so that nobody hears unshare(1) complain of its end. */
const script = (words: string) => ['sh', '-c', `${words} && exec "$@" 2>&3 3>&-`, 'sh'];

/** Where a victim may live: words before its own. */
export const places = {
  here: undefined,
  'namespaces of its own': [
    ...['unshare', '--pid', '--mount-proc', '--net', '--fork', '--kill-child'],
    ...script('true'),
  ],
  'no inotify instance': [
    ...['unshare', '--user', '--map-root-user', '--fork', '--kill-child'],
    ...script('echo 0 > /proc/sys/user/max_inotify_instances'),
  ],
  'no /proc': [
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child'],
    ...script('mount -t tmpfs none /proc'),
  ],
} as const;
export type Place = keyof typeof places;

let possible: boolean | undefined;

/** The places that may be had: to have namespaces is a right. */
export function placesHere(): Place[] {
  possible ??= Object.values(places).every(
    (words) =>
      words === undefined ||
      spawnSync(words[0], [...words.slice(1), 'true'], { stdio: ['ignore', 'ignore', 'ignore', 2] })
        .status === 0,
  );
  return possible ? (Object.keys(places) as Place[]) : ['here'];
}
