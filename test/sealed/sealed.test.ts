import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import * as fc from 'fast-check';
import { type Data, type SealingKey, type SealingKeys, sealed } from 'posix-ipc';
import { describe, expect, test } from 'vitest';
import { Nonces } from '../../lib/sealed/nonces.js';
import { runFixture } from '../helpers/program.js';
import { ipcError, rangeError, typeError } from '../helpers/thrown.js';

const badMessage = ipcError('EBADMSG', 'open', { hint: expect.stringContaining('forged') });
const bytes = fc.uint8Array({ maxLength: 300 });

/** What the doc comment says of the bytes, read without the library. */
function openedByHand(message: Buffer, key: Uint8Array, context: string) {
  const decipher = createDecipheriv('aes-256-gcm', key, message.subarray(4, 16));
  decipher.setAAD(Buffer.concat([message.subarray(0, 16), Buffer.from(context)]));
  decipher.setAuthTag(message.subarray(message.length - 16));
  const data = Buffer.concat([decipher.update(message.subarray(16, message.length - 16)), decipher.final()]);
  const fields = { version: message[0], keyId: message.readUIntBE(1, 3), sequence: message.readUInt32BE(12) };
  return { ...fields, writer: message.toString('hex', 4, 12), data };
}

describe('a sealed message', () => {
  test('opens to what was sealed, whatever it is', () => {
    const pair = sealed(randomBytes(32));
    fc.assert(
      fc.property(bytes, (data) => {
        const message = pair.seal(data);
        expect(message.length).toBe(data.length + pair.overhead);
        expect(pair.open(message).data.equals(data)).toBe(true);
      }),
    );
    expect(pair.overhead).toBe(32);
  });

  test('has the layout of the documentation', () => {
    const key = randomBytes(32);
    const { seal } = sealed({ keys: { 250630: key }, current: 250_630 }, { context: '/jobs' });
    const [first, second] = ['one', 'two'].map((text) => openedByHand(seal(text), key, '/jobs'));
    expect(first).toMatchObject({ version: 1, keyId: 250_630, sequence: 1, data: Buffer.from('one') });
    expect(second).toMatchObject({ version: 1, keyId: 250_630, sequence: 2, data: Buffer.from('two') });
    expect(second.writer).toBe(first.writer);
  });

  test('of an earlier release is still opened', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const message = Buffer.from(golden, 'hex');
    expect(sealed({ keys: { 7: key }, current: 7 }, { context: 'golden' }).open(message)).toEqual({
      data: Buffer.from('hello, golden message'),
      keyId: 7,
      writer: '0102030405060708',
      sequence: 42,
      skipped: 41,
      late: false,
    });
  });

  test('hides the text, also that two texts are equal', () => {
    const { seal } = sealed(randomBytes(32));
    const text = 'a secret that is long enough not to occur by chance';
    const messages = [seal(text), seal(text), sealed(randomBytes(32)).seal(text)].map((message) =>
      message.subarray(16).toString('hex'),
    );
    expect(new Set(messages).size).toBe(3);
    for (const message of messages)
      expect(message).not.toContain(Buffer.from(text).toString('hex').slice(0, 12));
  });

  test('may be text, any view, or nothing at all', () => {
    const { seal, open } = sealed(randomBytes(32));
    const numbers = new Float64Array([1, 2]);
    const given: [Data, Uint8Array][] = [
      ['größer', Buffer.from('größer')],
      [numbers, new Uint8Array(numbers.buffer)],
      [new DataView(numbers.buffer, 8), new Uint8Array(numbers.buffer, 8)],
      ['', Buffer.alloc(0)],
    ];
    for (const [data, expected] of given) expect(open(seal(data)).data).toEqual(Buffer.from(expected));
  });

  test('is opened from a view of other bytes, and keeps nothing of it', () => {
    const { seal, open } = sealed(randomBytes(32));
    const message = seal('text');
    const place = new Uint8Array(new SharedArrayBuffer(100));
    place.set(message, 9);
    const { data } = open(new DataView(place.buffer, 9, message.length));
    place.fill(0);
    expect(data.toString()).toBe('text');
  });
});

describe('a message is bad', () => {
  test('whichever of its bits is flipped', () => {
    const key = randomBytes(32);
    const message = sealed(key).seal('text');
    const { open } = sealed(key);
    for (let bit = 0; bit < message.length * 8; bit++) {
      const forged = Buffer.from(message);
      forged[bit >> 3] ^= 1 << (bit & 7);
      expect(() => open(forged), `bit ${bit}`).toThrow(badMessage);
    }
    expect(open(message).data.toString()).toBe('text');
  });

  test('wherever it is cut off, at its beginning or at its end, or grown', () => {
    const key = randomBytes(32);
    const message = sealed(key).seal('text');
    const { open } = sealed(key);
    for (let length = 0; length < message.length; length++) {
      expect(() => open(message.subarray(0, length))).toThrow(badMessage);
      expect(() => open(message.subarray(message.length - length))).toThrow(badMessage);
    }
    expect(() => open(Buffer.concat([message, Buffer.alloc(1)]))).toThrow(badMessage);
    expect(open(message).data.toString()).toBe('text');
  });

  test('if it is put together from two', () => {
    const key = randomBytes(32);
    const { seal } = sealed(key);
    const { open } = sealed(key);
    fc.assert(
      fc.property(bytes, bytes, fc.double({ min: 0, max: 1, noNaN: true }), (one, other, part) => {
        const [first, second] = [seal(one), seal(other)];
        const cut = 1 + Math.floor(part * (Math.min(first.length, second.length) - 2));
        const mixed = Buffer.concat([first.subarray(0, cut), second.subarray(cut)]);
        fc.pre(!mixed.equals(first) && !mixed.equals(second));
        expect(() => open(mixed)).toThrow(badMessage);
      }),
    );
  });

  test('if it is noise', () => {
    const { open } = sealed(randomBytes(32));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        expect(() => open(noise)).toThrow(badMessage);
      }),
    );
  });

  test('if the key, its number or the context is another one', () => {
    const key = randomBytes(32);
    const message = sealed({ keys: { 1: key }, current: 1 }, { context: '/jobs' }).seal('text');
    const other = (keys: SealingKeys, context?: Data) => () => sealed(keys, { context }).open(message);
    expect(other({ keys: { 1: randomBytes(32) }, current: 1 }, '/jobs')).toThrow(badMessage);
    expect(other({ keys: { 2: key }, current: 2 }, '/jobs')).toThrow(badMessage);
    expect(other({ keys: { 1: key }, current: 1 })).toThrow(badMessage);
    expect(other({ keys: { 1: key }, current: 1 }, '/job')).toThrow(badMessage);
    expect(other({ keys: { 1: key }, current: 1 }, Buffer.from('/jobs'))()).toMatchObject({ sequence: 1 });
  });
});

test('a message of a later version is bad, though its key and tag are right', () => {
  const key = randomBytes(32);
  for (const [version, code] of [
    [1, 'opened'],
    [2, 'EBADMSG'],
  ] as const) {
    const header = Buffer.from([version, 0, 0, 0, ...randomBytes(8), 0, 0, 0, 1]);
    const cipher = createCipheriv('aes-256-gcm', key, header.subarray(4)).setAAD(header);
    const message = Buffer.concat([header, cipher.update('text'), cipher.final(), cipher.getAuthTag()]);
    const open = () => sealed(key).open(message);
    if (code === 'opened') expect(open().data.toString()).toBe('text');
    else expect(open).toThrow(badMessage);
  }
});

describe('a nonce', () => {
  test('comes once: after the last number of a prefix another prefix begins', () => {
    const nonces = new Nonces(3);
    const headers = Array.from({ length: 7 }, () => {
      const header = Buffer.alloc(16);
      nonces.next(header);
      return { prefix: header.toString('hex', 4, 12), sequence: header.readUInt32BE(12) };
    });
    expect(headers.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 1, 2, 3, 1]);
    expect(new Set(headers.map(({ prefix }) => prefix)).size).toBe(3);
  });
});

describe('keys', () => {
  test('are 32 bytes in any view, or a secret KeyObject', () => {
    const key = new Uint8Array(randomBytes(32));
    const message = sealed(key).seal('text');
    const forms: SealingKey[] = [
      new DataView(key.buffer),
      new Float32Array(key.buffer),
      createSecretKey(key),
    ];
    for (const form of forms) expect(sealed(form).open(message).data.toString()).toBe('text');
  });

  test('are copied: what becomes of the bytes afterwards does not matter', () => {
    const key = randomBytes(32);
    const [writer, reader] = [sealed(key), sealed(key)];
    key.fill(0);
    expect(reader.open(writer.seal('text')).data.toString()).toBe('text');
  });

  const key = randomBytes(32);
  test.each<[unknown, unknown]>([
    [undefined, typeError('ERR_INVALID_ARG_TYPE', '`key`')],
    [null, typeError('ERR_INVALID_ARG_TYPE', '`key`')],
    ['a password', typeError('ERR_INVALID_ARG_TYPE', 'type string')],
    [randomBytes(16), typeError('ERR_INVALID_ARG_VALUE', 'got 16 bytes')],
    [generateKeyPairSync('ed25519').publicKey, typeError('ERR_INVALID_ARG_VALUE', 'not secret')],
    [{ keys: { 1: key } }, typeError('ERR_INVALID_ARG_TYPE', '`current`')],
    [{ keys: { 1: key }, current: 2 }, typeError('ERR_INVALID_ARG_VALUE', '`current`')],
    [{ keys: { 1: key }, current: -1 }, rangeError('`current`')],
    [{ keys: { 1: key }, curent: 1 }, typeError('ERR_INVALID_ARG_VALUE', 'did you mean `current`?')],
    [{ keys: key, current: 1 }, typeError('ERR_INVALID_ARG_TYPE', '`keys`')],
    [{ keys: { 1: 'secret' }, current: 1 }, typeError('ERR_INVALID_ARG_TYPE', '`keys[1]`')],
    [{ keys: { [2 ** 24]: key }, current: 2 ** 24 }, rangeError('16777215')],
    [{ keys: { today: key }, current: 1 }, rangeError("'today'")],
    [{ keys: { '01': key }, current: 1 }, rangeError("'01'")],
  ])('%o are none', (given, error) => {
    expect(() => sealed(given as SealingKey)).toThrow(error);
  });

  test('are not shown in the error', () => {
    for (const given of ['hunter2', { keys: { 1: 'hunter2' }, current: 1 }]) {
      expect(() => sealed(given as unknown as SealingKey)).not.toThrow('hunter2');
    }
  });
});

describe('a wrong call', () => {
  const key = randomBytes(32);
  test.each([
    [{ windows: 1 }, typeError('ERR_INVALID_ARG_VALUE', 'did you mean `window`?')],
    [{ window: 0 }, rangeError('`window`')],
    [{ window: 4097 }, rangeError('`window`')],
    [{ writers: 0 }, rangeError('`writers`')],
    [{ writers: 2 ** 20 + 1 }, rangeError('`writers`')],
    [{ context: 7 }, typeError('ERR_INVALID_ARG_TYPE', '`context`')],
  ])('%o are refused as options', (options, error) => {
    expect(() => sealed(key, options as object)).toThrow(error);
  });

  test('seals and opens nothing', () => {
    const { seal, open } = sealed(key);
    expect(() => seal(7 as never)).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`data`'));
    for (const message of ['text', undefined, new ArrayBuffer(40)]) {
      expect(() => open(message as never)).toThrow(typeError('ERR_INVALID_ARG_TYPE', '`message`'));
    }
    expect(openedByHand(seal('first'), key, '').sequence).toBe(1);
  });

  test('seals and opens nothing beyond 2 GiB', () => {
    const { seal, open } = sealed(key);
    const long = new Uint8Array(2 ** 31);
    expect(() => seal(long)).toThrow(rangeError('2147483615'));
    expect(() => open(long)).toThrow(badMessage);
  });
});

test('importing the package does not load node:crypto', async () => {
  const { stdout, stderr } = await runFixture('sealed/imported.mjs');
  expect({ stdout, stderr }).toEqual({ stdout: 'crypto before: false, after: true\n', stderr: '' });
});

// Made once by another program, with AESGCM of Python's cryptography.
const golden =
  '0100000701020304050607080000002a57f58e616ad377f7e9f76acad1bbcc66381716a7dd7036aef3abae23757945b8d9c44cd798';
