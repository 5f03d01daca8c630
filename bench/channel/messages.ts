/** Messages that are made before they are sent: a power of two. Each run sends them again and again, numbered anew. */
export const prepared = 128;
export const batchSize = 16;

/** What a marker says. Its first word is the complement of the next sequence number, which no message has there. */
export const Mark = { start: 1, end: 2 } as const;
export type Mark = (typeof Mark)[keyof typeof Mark];

/** Bytes of a frame's length, where messages travel in a stream. */
export const frameHeader = 4;

export interface Messages {
  readonly buffers: Buffer[];
  /** The same bytes. The first word is the sequence number. */
  readonly words: Int32Array[];
}

/** 48 to 80 bytes: a sequence number, words, and their sum. `header`: bytes for the length before each. */
export function prepareMessages(count = prepared, header = 0): Messages {
  const messages: Messages = { buffers: [], words: [] };
  for (let index = 0; index < count; index++) {
    const length = 48 + 4 * ((index * 7) % 9);
    const buffer = framed(length, header);
    const words = new Int32Array(buffer.buffer, header);
    const last = words.length - 1;
    let sum = 0;
    for (let word = 1; word < last; word++) {
      words[word] = word * index;
      sum = (sum + word * index) | 0;
    }
    words[last] = sum;
    messages.buffers.push(buffer);
    messages.words.push(words);
  }
  return messages;
}

/** `sequence`: of the next message. */
export function marker(sequence: number, code: Mark, { id = 0, header = 0 } = {}): Buffer {
  const buffer = framed(12, header);
  new Int32Array(buffer.buffer, header).set([~sequence, id, code]);
  return buffer;
}

function framed(length: number, header: number): Buffer {
  const buffer = Buffer.from(new ArrayBuffer(header + length));
  if (header > 0) new Int32Array(buffer.buffer)[0] = length;
  return buffer;
}
