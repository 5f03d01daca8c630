// The block of a lock of this library, as native/core/sync/ lays it out: 4096 bytes, words of 32 bits, little-endian.
export const blockSize = 4096;
const magic = 0x43504950; // 'PIPC'
const version = 1;
const seatCount = 252;
const seatsAt = 64;
const seatSize = 16;
const occupiedBit = 0x8000_0000;
const kinds = ['mutex', 'condition', 'rwLock', 'barrier'] as const;

export interface LockHeader {
  kind: (typeof kinds)[number];
  seats: number;
  /** The seats that were ever taken, with who took them last. */
  taken: LockSeat[];
}

export interface LockSeat {
  seat: number;
  pid: number;
  /** The low 32 bits of the clock ticks after boot at which that process began. */
  start: number;
  /** Whether it has not left the seat: it holds it, or died in it. */
  occupied: boolean;
}

/** What the bytes of a whole block say, or undefined if they are none, or of a layout that is not known here. */
export function decodeLock(bytes: Uint8Array): LockHeader | undefined {
  if (bytes.length !== blockSize) return undefined;
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const layout = words.getUint32(4, true);
  const kind = kinds[(layout & 0xff) - 1];
  if (words.getUint32(0, true) !== magic || kind === undefined) return undefined;
  if (layout >>> 8 !== (version | (seatCount << 8))) return undefined;

  const taken: LockSeat[] = [];
  for (let seat = 0; seat < seatCount; seat++) {
    const at = seatsAt + seat * seatSize;
    const epoch = words.getUint32(at, true);
    if (epoch === 0) continue;
    const pid = words.getUint32(at + 8, true);
    const start = words.getUint32(at + 12, true);
    taken.push({ seat, pid, start, occupied: (epoch & occupiedBit) !== 0 });
  }
  return { kind, seats: seatCount, taken };
}
