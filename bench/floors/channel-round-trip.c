// The C floor of `npm run bench -- channel`, round trips: the same as bench/channel/round-trip.ts.
// Usage: channel-round-trip ping|echo spin|sleep THERE BACK SIZE SECONDS; ping prints nanoseconds.
#define _GNU_SOURCE
#include "channel.h"

// Nanoseconds of work before each answer where both sleep: longer than anyone looks before a sleep.
enum { work = 300000, most_samples = 1 << 22 };

static pipc_channel there, back;
static pipc_writer writer;
static pipc_reader reader;
static unsigned char* bytes;
static uint32_t size;

static void receive_spinning(void) {
  ssize_t length;
  while ((length = pipc_try_receive(&reader, bytes, size)) == -EAGAIN) continue;
  must(length, "pipc_try_receive");
}

static void receive_asleep(void) {
  const ssize_t length = pipc_receive(&reader, bytes, size, PIPC_FOR_EVER);
  // The other side has measured enough.
  if (length == -EPIPE) exit(0);
  must(length, "pipc_receive");
  for (const double until = now() + work * 1e-9; now() < until;) continue;
}

static int ascending(const void* left, const void* right) {
  const double difference = *(const double*)left - *(const double*)right;
  return (difference > 0) - (difference < 0);
}

static void ping(void (*receive)(void), int block, double subtracted, double seconds) {
  double* const samples = malloc(most_samples * sizeof *samples);
  const double begin = now() + WARM_UP, end = begin + seconds;
  long count = 0;
  for (double started = now(); started < end && count < most_samples;) {
    for (int trip = 0; trip < block; trip++) {
      must(pipc_try_send(&writer, bytes, size), "pipc_try_send");
      receive();
    }
    const double ended = now();
    if (started >= begin) samples[count++] = (ended - started) * 1e9 / block - subtracted;
    started = ended;
  }
  qsort(samples, (size_t)count, sizeof *samples, ascending);
  printf("{\"p50\":%.1f,\"p99\":%.1f}\n", samples[count / 2], samples[count * 99 / 100]);
  free(samples);
}

int main(int argc, char** argv) {
  end_with_parent();
  if (argc != 7) return 2;
  const int pings = strcmp(argv[1], "ping") == 0, spins = strcmp(argv[2], "spin") == 0;
  void (*const receive)(void) = spins ? receive_spinning : receive_asleep;
  there = open_channel(argv[3]);
  back = open_channel(argv[4]);
  size = (uint32_t)atoi(argv[5]);
  bytes = calloc(size, 1);
  must(pipc_open_writer(&writer, pings ? &there : &back), "pipc_open_writer");
  must(pipc_open_reader(&reader, pings ? &back : &there), "pipc_open_reader");
  take_places();
  if (pings) {
    // Of the time asleep, the work on both sides is no part.
    ping(receive, spins ? 100 : 1, spins ? 0 : 2.0 * work, atof(argv[6]));
    return 0;
  }
  for (;;) {
    receive();
    must(pipc_try_send(&writer, bytes, size), "pipc_try_send");
  }
}
