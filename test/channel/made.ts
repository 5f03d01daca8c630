import {
  Channel,
  type ChannelCreateOptions,
  type ChannelReader,
  SharedMemory,
  type SideOptions,
} from 'posix-ipc';
import { name } from '../helpers/objects.js';
import { closing } from '../helpers/peer.js';

/** A new channel, small unless told otherwise, that goes with the test. */
export function made(options: ChannelCreateOptions = {}): { path: string; channel: Channel } {
  const path = name();
  return { path, channel: closing(Channel.create(path, { capacity: 4096, ...options })) };
}

/** The same, with both sides. */
export function pair(options: ChannelCreateOptions = {}, sides: SideOptions = {}) {
  const { path, channel } = made(options);
  return { path, channel, writer: channel.writer(sides), reader: channel.reader(sides) };
}

/** The words of a channel's header, as a peer may write them: those of lib/channel/layout.ts. */
export const words = (path: string): Int32Array => closing(SharedMemory.open(path)).view(Int32Array);

export const at = {
  magic: 0,
  layout: 1,
  flags: 4,
  capacity: 5,
  tail: 1024,
  head: 1056,
  writer: 1152,
  reader: 1184,
};

/** All messages that are there, as text. */
export function drained(reader: ChannelReader, most?: number): string[] {
  const found: string[] = [];
  reader.drain((block, offset, length) => {
    found.push(Buffer.from(block.subarray(offset, offset + length)).toString());
  }, most);
  return found;
}

/** How a call is refused. */
export function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
}
