import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inspect } from '../../index.js';
import type { ObjectRecord } from '../../inspect/index.js';
import type { Exhibit, Objects } from './mechanism.js';

/** What the kernel shows of some objects, through the tools that everybody has. */
export interface KernelView {
  outputs: { command: string; lines: string[] }[];
  facts: string[];
  objects: { label: string; known: boolean; users: inspect.ObjectUser[] }[];
  /** Processes that could not be looked into. */
  unreadable: number;
}

export async function kernelView(objects: Objects): Promise<KernelView> {
  const { exhibits } = objects;
  const outputs = await Promise.all([...shmFolder(exhibits), ...queueFolder(exhibits), ...systemV(exhibits)]);
  const found = exhibits.map((exhibit) => ({ label: exhibit.label, ...inspect.processes(exhibit) }));
  return {
    outputs,
    facts: objects.facts(),
    objects: found.map(({ label, known, users }) => ({ label, known, users })),
    unreadable: Math.max(0, ...found.map((one) => one.unreadable)),
  };
}

type Output = Promise<KernelView['outputs'][number]>;

function shmFolder(exhibits: Exhibit[]): Output[] {
  const ours = exhibits.filter(({ kind }) => kind === 'posix-shm' || kind === 'posix-sem');
  return ours.length === 0 ? [] : [output('ls -l /dev/shm', ours, (text) => files(text, ours))];
}

function queueFolder(exhibits: Exhibit[]): Output[] {
  const ours = exhibits.filter(({ kind }) => kind === 'posix-mq');
  const { mqueue } = inspect.list();
  if (ours.length === 0) return [];
  if (mqueue === undefined) {
    const lines = ['not mounted, so no folder lists the queue: `mount -t mqueue none /dev/mqueue` would'];
    return [Promise.resolve({ command: 'ls -l /dev/mqueue', lines })];
  }
  return [
    output(`ls -l ${mqueue}`, ours, (text) => files(text, ours)),
    ...ours.map(({ label }) => output(`cat ${mqueue}${label}`, ours, (text) => text.trimEnd().split('\n'))),
  ];
}

function systemV(exhibits: Exhibit[]): Output[] {
  const ours = exhibits.filter(({ kind }) => kind.startsWith('sysv'));
  return ours.length === 0 ? [] : [output('ipcs -m -q -s', ours, (text) => sections(text, ours))];
}

async function output(command: string, ours: Exhibit[], select: (text: string) => string[]): Output {
  const [program = '', ...words] = command.split(' ');
  try {
    const stdout = await outputOf(program, words);
    return { command, lines: select(stdout).map((line) => line.trimEnd()) };
  } catch {
    // Without the tool, what the kernel tells ourselves.
    return { command: `${program} did not run here; the same from the kernel's files`, lines: records(ours) };
  }
}

async function outputOf(program: string, words: string[]): Promise<string> {
  try {
    const ran = await promisify(execFile)(program, words, { env: { ...process.env, LC_ALL: 'C' } });
    return ran.stdout;
  } catch (error) {
    // `ls` and `ipcs` tell by their status that an object of somebody else went while they were listing.
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (typeof code === 'number' && stdout) return stdout;
    throw error;
  }
}

// `ls -l`: the name is the last word of a line.
function files(text: string, ours: Exhibit[]): string[] {
  const names = ours.map(({ kind, label }) =>
    kind === 'posix-sem' ? `sem.${label.slice(1)}` : label.slice(1),
  );
  return text.split('\n').filter((line) => names.includes(line.split(' ').at(-1) ?? ''));
}

const idColumns: Record<string, string> = { shmid: 'sysv-shm', semid: 'sysv-sem', msqid: 'sysv-msg' };

// `ipcs`: sections of a title, a line of column names (the second is that of the id), and objects.
function sections(text: string, ours: Exhibit[]): string[] {
  return text
    .split(/\n{2,}/)
    .map((section) => section.split('\n').filter((line) => line !== ''))
    .filter((lines) => lines.length >= 2)
    .flatMap(([title, columns, ...rows]) => {
      const word = (line: string) => line.split(/\s+/)[1];
      const kind = idColumns[word(columns)];
      const rowsOfOurs = rows.filter((row) =>
        ours.some((exhibit) => exhibit.kind === kind && 'id' in exhibit && String(exhibit.id) === word(row)),
      );
      return rowsOfOurs.length === 0 ? [] : [title, columns, ...rowsOfOurs];
    });
}

function records(ours: Exhibit[]): string[] {
  const same = (record: ObjectRecord, exhibit: Exhibit) =>
    record.kind === exhibit.kind &&
    ('id' in record ? 'id' in exhibit && record.id === exhibit.id : record.name === exhibit.label);
  return inspect
    .list()
    .objects.filter((record) => ours.some((exhibit) => same(record, exhibit)))
    .map(asLine);
}

function asLine({ mode, ...record }: ObjectRecord): string {
  const plain = Object.entries(record).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  const words = plain.map(([field, value]) => `${field} ${value}`);
  return [...words, `mode ${mode?.toString(8)}`].join(', ');
}
