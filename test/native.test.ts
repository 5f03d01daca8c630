import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MessageQueue, Semaphore, SharedMemory, sysv } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { leaveNothing } from './helpers/leftovers.js';
import { letters, name, segment, set } from './helpers/objects.js';

// lib/native.ts declares by hand what native/addon.cc exports: here the two are compared, name by name.
leaveNothing();

const root = fileURLToPath(new URL('..', import.meta.url));
const addon: Record<string, unknown> = createRequire(import.meta.url)('node-gyp-build')(root);

interface Declaration {
  base: string | undefined;
  /** Name and the text of its type. */
  members: Map<string, string>;
}

const declarations = parse(readFileSync(`${root}lib/native.ts`, 'utf8'));

/** The interfaces of a formatted file: a member begins a line, two spaces in. */
function parse(source: string): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const [, name, base, body] of source.matchAll(
    /^export interface (\w+)(?: extends (\w+))? \{\n([\s\S]*?)^\}/gm,
  )) {
    const members = new Map<string, string>();
    let last = '';
    for (const line of body.split('\n')) {
      const member = /^ {2}(?:readonly )?(\w+)(.*)$/.exec(line);
      if (member) {
        last = member[1];
        members.set(last, member[2]);
      } else if (last && !/^\s*\/?\*/.test(line)) members.set(last, `${members.get(last)}\n${line}`);
    }
    found.set(name, { base, members });
  }
  return found;
}

function membersOf(name: string): string[] {
  const { base, members } = declarations.get(name) as Declaration;
  return [...members.keys(), ...(base ? membersOf(base) : [])].sort();
}

const methodsOf = (prototype: object) =>
  Reflect.ownKeys(prototype)
    .filter((key) => key !== 'constructor')
    .sort();

test('the declarations are read from lib/native.ts', () => {
  expect(membersOf('NativeMemory')).toEqual(['buffer', 'close', 'read', 'write']);
  expect(declarations.size).toBeGreaterThan(8);
});

test('the addon exports what is declared, and nothing else', () => {
  expect(Object.keys(addon).sort()).toEqual(membersOf('Native'));
});

const exported = [...(declarations.get('Native') as Declaration).members];
const functions = exported.filter(([, type]) => type.startsWith('('));
const classes = exported.filter(([, type]) => /\bnew \(|NativeLockConstructor</.test(type));
const groups = exported.filter(([, type]) => /^: \w+;$/.test(type) && !type.includes('Float64Array'));

test.each(functions.map(([name]) => name))('%s is a function', (name) => {
  expect(typeof addon[name]).toBe('function');
});

describe.each(classes)('the class %s', (name, type) => {
  const native = addon[name] as new (...words: unknown[]) => object;

  test('has the methods that are declared, and no others', () => {
    const instance = /(?:\): |=> |NativeLockConstructor<)(\w+)/.exec(type);
    expect(methodsOf(native.prototype)).toEqual(membersOf(instance?.[1] ?? ''));
  });

  test('has the static methods that are declared, and no others', () => {
    const declared = [...type.matchAll(/^ {4}(\w+)\(/gm)]
      .map(([, method]) => method)
      .filter((method) => method !== 'new');
    // A function of the addon is a sloppy one, and has two members more.
    const ofFunctions = Reflect.ownKeys(addon.ftok as object);
    const found = Reflect.ownKeys(native).filter((key) => !ofFunctions.includes(key));
    expect(found).toEqual(declared);
  });

  test('refuses what TypeScript would never let through', () => {
    for (const words of [[], [undefined], ['create'], [0, 7], [{}, {}, {}]]) {
      expect(() => new native(...words)).toThrow(/expected a/);
    }
  });
});

test.each(groups)('%s has the functions that are declared, and no others', (name, type) => {
  const group = addon[name] as Record<string, unknown>;
  expect(Object.keys(group).sort()).toEqual(membersOf(type.slice(2, -1)));
  for (const member of Object.values(group)) expect(typeof member).toBe('function');
});

test('answers are numbers in memory that both languages see', () => {
  expect(addon.answers).toBeInstanceOf(Float64Array);
});

test('what a call hands out has the members that are declared', () => {
  const one = set(0);
  const prepare = Reflect.get(addon.sysvSemaphoreSet as object, 'prepare');
  const prepared = prepare(one.id, new Uint8Array(6));
  const declared = declarations.get('NativeSysvSemaphoreSet')?.members.get('prepare') as string;
  expect(Object.keys(prepared)).toEqual(
    [...declared.matchAll(/(\w+)\([^)]*\): (?!\{)/g)].map(([, name]) => name),
  );
  const calls = Reflect.get(addon.sysvMessageQueue as object, 'bind')(letters().id);
  expect(Object.keys(calls).sort()).toEqual(membersOf('NativeSysvMessageCalls'));
  const attach = (readOnly: boolean) =>
    Reflect.construct(addon.SysvAttachment as () => void, [segment().id, readOnly]);
  const attachment = attach(false);
  const mutex = attachment.robustMutex(0, 0);
  expect(Object.keys(mutex).sort()).toEqual(membersOf('NativeRobustMutex'));
  for (const offset of [-64, 1, 4096, 4096 - 64, 2 ** 60, Number.NaN]) {
    expect(() => attachment.robustMutex(0, offset), String(offset)).toThrow(RangeError);
  }
  const readOnly = attach(true);
  expect(() => readOnly.robustMutex(0, 0)).toThrow(TypeError);
  readOnly.close();
  attachment.close();
  expect(() => mutex.tryLock()).toThrow('EBADF');
  expect(() => mutex.makeConsistent()).toThrow('EBADF');
});

test('the public names are these', async () => {
  const ipc = await import('posix-ipc');
  expect(Object.keys(ipc).sort()).toEqual([
    'Barrier',
    'Broadcast',
    'BroadcastReader',
    'BroadcastWriter',
    'Channel',
    'ChannelReader',
    'ChannelWriter',
    'Condition',
    'IpcError',
    'Latest',
    'LatestReader',
    'LatestWriter',
    'Lease',
    'MessageQueue',
    'Mutex',
    'MutexGuard',
    'RwGuard',
    'RwLock',
    'Semaphore',
    'SharedMemory',
    'guard',
    'inspect',
    'sealed',
    'struct',
    'sysv',
    'types',
  ]);
  const types = [
    'aligned',
    'array',
    'atomic',
    'bool',
    'bytes',
    'f32',
    'f64',
    'i16',
    'i32',
    'i64',
    'i8',
    'text',
  ];
  expect(Object.keys(ipc.types).sort()).toEqual([...types, 'u16', 'u32', 'u64', 'u8']);
  expect(Object.keys(sysv).sort()).toEqual([
    'IPC_PRIVATE',
    'MessageQueue',
    'RobustMutex',
    'SemaphoreSet',
    'SharedMemory',
    'ftok',
  ]);
  expect(Object.keys(SharedMemory.create(name(), { size: 1 }))).toEqual([]);
  for (const kind of [SharedMemory, Semaphore, MessageQueue]) {
    expect(
      Object.getOwnPropertyNames(kind)
        .filter((key) => !['length', 'name', 'prototype'].includes(key))
        .sort(),
    ).toEqual(['create', 'open', 'openOrCreate', 'unlink']);
  }
});
