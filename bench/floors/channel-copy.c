// The C floor of `npm run bench -- channel`, bandwidth: memcpy between two areas that no cache holds.
// Usage: channel-copy SIZE AREA SECONDS; prints bytes copied a second.
#define _GNU_SOURCE
#include "channel.h"

static unsigned char* area(size_t size) {
  unsigned char* const bytes = malloc(size);
  // Also so that every page is there.
  memset(bytes, 1, size);
  return bytes;
}

int main(int argc, char** argv) {
  end_with_parent();
  if (argc != 4) return 2;
  const size_t size = strtoul(argv[1], NULL, 10), whole = strtoul(argv[2], NULL, 10);
  unsigned char *const from = area(whole), *const to = area(whole);
  take_places();
  const double begin = now() + WARM_UP, end = begin + atof(argv[3]);
  double started = 0, moment;
  size_t copied = 0, at = 0;
  while ((moment = now()) < end) {
    if (started == 0 && moment >= begin) {
      started = moment;
      copied = 0;
    }
    memcpy(to + at, from + at, size);
    // Or the compiler might leave out what nobody reads.
    __asm__ volatile("" : : "r"(to) : "memory");
    copied += size;
    at = (at + size) % whole;
  }
  printf("{\"bytes\":%zu,\"milliseconds\":%.6f}\n", copied, (moment - started) * 1e3);
}
