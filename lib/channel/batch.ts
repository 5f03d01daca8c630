import { argumentError } from '../errors.js';
import { bytesOf, type Data, show } from '../options.js';

/** Of messages that are sent together. */
export function checkMessages(messages: readonly Data[]): void {
  if (!Array.isArray(messages))
    throw argumentError('ERR_INVALID_ARG_TYPE', `\`messages\`: expected an array, got ${show(messages)}`);
}

/** What they are made of. */
export function bytesOfAll(messages: readonly Data[]): Uint8Array[] {
  checkMessages(messages);
  return messages.map((each, index) => bytesOf(each, `messages[${index}]`));
}

/** Bytes of one of them. */
export function lengthOf(messages: readonly Data[], index: number): number {
  const data = messages[index] as Data;
  return ArrayBuffer.isView(data) ? data.byteLength : bytesOf(data, `messages[${index}]`).length;
}
