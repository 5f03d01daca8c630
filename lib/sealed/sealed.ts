import type { KeyObject } from 'node:crypto';
import { argumentError, IpcError, rangeError } from '../errors.js';
import { bytesOf, checkInteger, checkOptions, type Data, show } from '../options.js';
import { checkSuccession, crypto, keyRing, numberedKeys, type SealingKey, type SealingKeys } from './keys.js';
import { at, longestText, nonceLength, overhead, tagLength, version } from './layout.js';
import { Nonces } from './nonces.js';
import { type Place, Writers } from './writers.js';

export interface SealedOptions {
  /**
   * What both sides know without being told, such as the name of the queue and the direction: a message sealed for
   * another context is `EBADMSG`. Nothing by default: then a message can be carried from one queue of this key to
   * another, and back to its sender.
   */
  context?: Data | undefined;
  /** Of each writer, how many of the latest sequence numbers are told apart, 1 to 4096: 256. 1 demands strict order. */
  window?: number | undefined;
  /** How many writers `open` knows for each key, 1 to 1,048,576: 65,536. It refuses any more with `ENOBUFS`. */
  writers?: number | undefined;
}

/** A message that was opened. */
export interface Opened extends Place {
  data: Buffer;
  /** The key it was sealed with. */
  keyId: number;
  /** Who sealed it: one `sealed()`, until it seals with another prefix. 16 hexadecimal digits. */
  writer: string;
  /** Its number among those of this writer, from 1 on. */
  sequence: number;
}

export interface Sealed {
  /** Bytes that a message becomes longer by: 32. */
  readonly overhead: number;
  /** Encrypts and signs. At most 2,147,483,615 bytes. */
  seal(data: Data): Buffer;
  /**
   * The message, from a private copy of its bytes, once.
   *
   * - `EBADMSG`: forged, damaged, cut off, or sealed with another key, number of a key or context
   * - `EALREADY`: it was opened before
   * - `ESTALE`: so many newer ones of its writer were opened that nobody knows whether it was: see `window`
   * - `ENOBUFS`: it is of a writer beyond those that are known: see `writers`
   */
  open(message: NodeJS.ArrayBufferView): Opened;
  /** Seals with another key, or opens with more or fewer, from now on; with a new prefix in any case. */
  rotate(keys: SealingKeys): void;
}

/**
 * A pair of functions that seal messages and open them, AES-256-GCM: who has not the key can neither read a message nor
 * make one that is opened, nor change, repeat or (unnoticed) reorder or withhold one. Lengths, times and the number of
 * the key stay visible. `sealed(key)` is short for `sealed({ keys: { 0: key }, current: 0 })`.
 *
 * A sealed message, numbers big-endian:
 *
 * | byte | length | |
 * |---|---|---|
 * | 0 | 1 | version: 1 |
 * | 1 | 3 | number of the key |
 * | 4 | 8 | prefix of the writer: random, drawn at its first message, every 2^32 - 1 messages, and by `rotate` |
 * | 12 | 4 | sequence number under this prefix, from 1 on |
 * | 16 | n | the encrypted text, as long as the text |
 * | 16 + n | 16 | tag |
 *
 * The nonce is bytes 4 to 15; authenticated besides the text are bytes 0 to 15 and, behind them, the context.
 *
 * A nonce must not repeat under one key: two prefixes of w writers are equal with a chance of w^2 / 2^65, which is 2^-33
 * for 65,536 writers (starts of processes, mostly). Take another key before there are more, and before 2^48 blocks of 16
 * bytes. A process image that is run twice (a cloned machine, a restored checkpoint) repeats nonces, unless each copy
 * calls `rotate` first.
 *
 * What was opened is known to this `sealed()` only: another one, or the next start of the process, opens it once more.
 */
export function sealed(key: SealingKey | SealingKeys, options?: SealedOptions): Sealed {
  const known = checkOptions(options, ['context', 'window', 'writers']);
  const context = Buffer.from(bytesOf(known.context ?? '', 'context'));
  const window = checkInteger(known.window ?? 256, 'window', 1, 4096);
  const writers = new Writers(window, checkInteger(known.writers ?? 2 ** 16, 'writers', 1, 2 ** 20));
  const nonces = new Nonces();
  let ring = keyRing(key);

  return {
    overhead,

    seal(data) {
      const text = textOf(data);
      const header = Buffer.alloc(at.text);
      header[at.version] = version;
      header.writeUIntBE(ring.current, at.keyId, at.prefix - at.keyId);
      nonces.next(header);
      return encrypt(ring.keys.get(ring.current) as KeyObject, header, context, text);
    },

    open(message) {
      const bytes = copyOf(message);
      const keyId = bytes.length < overhead ? -1 : bytes.readUIntBE(at.keyId, at.prefix - at.keyId);
      const secret = ring.keys.get(keyId);
      if (secret === undefined || bytes[at.version] !== version) throw new IpcError('EBADMSG', 'open');
      const data = decrypt(secret, bytes, context);
      const writer = bytes.toString('hex', at.prefix, at.sequence);
      const sequence = bytes.readUInt32BE(at.sequence);
      return { data, keyId, writer, sequence, ...writers.note(keyId, writer, sequence) };
    },

    rotate(keys) {
      const next = numberedKeys(keys);
      checkSuccession(ring, next);
      ring = next;
      writers.keep(ring.keys);
      nonces.renew();
    },
  };
}

function encrypt(key: KeyObject, header: Buffer, context: Buffer, text: Uint8Array): Buffer {
  const options = { authTagLength: tagLength };
  const cipher = crypto().createCipheriv('aes-256-gcm', key, header.subarray(at.prefix), options);
  cipher.setAAD(Buffer.concat([header, context]));
  return Buffer.concat([header, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, bytes: Buffer, context: Buffer): Buffer {
  const nonce = bytes.subarray(at.prefix, at.prefix + nonceLength);
  const options = { authTagLength: tagLength };
  const decipher = crypto().createDecipheriv('aes-256-gcm', key, nonce, options);
  decipher.setAAD(Buffer.concat([bytes.subarray(0, at.text), context]));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  const data = decipher.update(bytes.subarray(at.text, -tagLength));
  try {
    decipher.final();
  } catch {
    throw new IpcError('EBADMSG', 'open');
  }
  return data;
}

function textOf(data: Data): Uint8Array {
  const text = bytesOf(data);
  if (text.length <= longestText) return text;
  throw rangeError(`\`data\`: expected at most ${longestText} bytes, got ${text.length}`);
}

// Of bytes that another process can change, the cipher would read some twice: other ones than it has authenticated.
function copyOf(message: NodeJS.ArrayBufferView): Buffer {
  if (!ArrayBuffer.isView(message)) {
    const got = show(message);
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`message\`: expected an ArrayBufferView, got ${got}`);
  }
  if (message.byteLength > longestText + overhead) throw new IpcError('EBADMSG', 'open');
  return Buffer.from(bytesOf(message));
}
