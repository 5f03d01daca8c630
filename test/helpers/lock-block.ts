interface Seat {
  seat: number;
  epoch: number;
  pid: number;
  start: number;
}

/** The 4096 bytes of a lock of this library, written byte by byte: 1 mutex, 2 condition, 3 rw-lock, 4 barrier. */
export function lockBlock({ kind = 1, seats = [] }: { kind?: number; seats?: Seat[] }): Buffer {
  const block = Buffer.alloc(4096);
  block.write('PIPC', 0, 'latin1');
  block.set([kind, 1, 252, 0], 4);
  for (const { seat, epoch, pid, start } of seats) {
    for (const [word, value] of [epoch, 0, pid, start].entries()) {
      block.writeUInt32LE(value, 64 + 16 * seat + 4 * word);
    }
  }
  return block;
}
