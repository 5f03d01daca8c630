/** `major:minor`, as /proc writes a device, in the number that stat(2) gives: makedev(3). */
export function deviceNumber(text: string, radix: 10 | 16): number {
  const [major, minor] = text.split(':').map((part) => Number.parseInt(part, radix));
  const low = (minor & 0xff) + ((major & 0xfff) << 8);
  // Beyond 32 bits, where << would lose them.
  return low + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44;
}
