// Large messages through the C header, copied on each side: the same as bench/channel/bulk.ts.
// Usage: channel-bulk write|read NAME SIZE AREA SECONDS.
#define _GNU_SOURCE
#include "channel.h"

static unsigned char* area;
static size_t size, whole;

static uint32_t send(pipc_writer* writer, uint32_t sequence, double until) {
  for (; now() < until; sequence++) {
    unsigned char* const bytes = area + sequence * size % whole;
    int error;
    memcpy(bytes, &sequence, sizeof sequence);
    while ((error = pipc_try_send(writer, bytes, (uint32_t)size)) == -EAGAIN) continue;
    must(error, "pipc_try_send");
  }
  return sequence;
}

static void write_to(pipc_channel* channel, double seconds) {
  pipc_writer writer;
  must(pipc_open_writer(&writer, channel), "pipc_open_writer");
  take_places();
  uint32_t sequence = send(&writer, 0, now() + WARM_UP);
  send_marker(&writer, sequence, 0, mark_start);
  sequence = send(&writer, sequence, now() + seconds);
  send_marker(&writer, sequence, 0, mark_end);
  pipc_close_writer(&writer);
}

static void read_from(pipc_channel* channel) {
  pipc_reader reader;
  uint32_t want = 0, first = 0, wrong = 0;
  double started = 0, ended = 0;
  must(pipc_open_reader(&reader, channel), "pipc_open_reader");
  take_places();
  for (size_t at = 0; ended == 0; at = (at + size) % whole) {
    uint32_t words[3];
    ssize_t length;
    while ((length = pipc_try_receive(&reader, area + at, size)) == -EAGAIN) continue;
    must(length, "pipc_try_receive");
    memcpy(words, area + at, sizeof words);
    if (words[0] == want && words[1] == words[2]) {
      want++;
    } else if (length != mark_length || words[0] != ~want) {
      wrong++;
      want = words[0] + 1;
    } else if (words[2] == mark_start) {
      first = want;
      started = now();
    } else {
      ended = now();
    }
  }
  printf("{\"messages\":%u,\"milliseconds\":%.6f,\"wrong\":%u}\n", want - first, (ended - started) * 1e3,
         wrong);
  pipc_close_reader(&reader);
}

int main(int argc, char** argv) {
  end_with_parent();
  if (argc != 6) return 2;
  pipc_channel channel = open_channel(argv[2]);
  size = strtoul(argv[3], NULL, 10);
  whole = strtoul(argv[4], NULL, 10);
  area = malloc(whole);
  // Also so that every page is there.
  memset(area, 1, whole);
  if (strcmp(argv[1], "write") == 0)
    write_to(&channel, atof(argv[5]));
  else
    read_from(&channel);
}
