// The bytes that test/interop/c/posix-shm.c and its fellows write: numbers of 32 bits first, then texts.

const textSize = 24;

export const sizeOf = (count: number) => count * (4 + textSize);
export const number = (index: number) => index * index - 1000;
export const text = (index: number) => `Message-${index}`;

/** What mapped memory of both systems can do. */
interface Memory {
  view(type: Int32ArrayConstructor, offset: number, length: number): Int32Array;
  write(offset: number, data: string): void;
  readText(offset: number, length: number): string;
}

export function fill(memory: Memory, count: number): void {
  const numbers = memory.view(Int32Array, 0, count);
  for (let index = 0; index < count; index++) {
    numbers[index] = number(index);
    memory.write(4 * count + textSize * index, text(index));
  }
}

/** The records as the peers print them. */
export function linesIn(memory: Memory, count: number): string[] {
  const numbers = memory.view(Int32Array, 0, count);
  return Array.from(numbers, (value, index) => {
    const words = memory.readText(4 * count + textSize * index, textSize);
    return `${value} ${words.replace(/\0+$/, '')}`;
  });
}

export const lines = (count: number, factor = 1) =>
  Array.from({ length: count }, (_, index) => `${factor * number(index)} ${text(index)}`);
