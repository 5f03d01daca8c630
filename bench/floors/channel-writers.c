// The C floor of `npm run bench -- channel`, four writers: the same as bench/channel/writers.ts.
// Usage: channel-writers write NAME ID BATCH SECONDS | read NAME WRITERS.
#define _GNU_SOURCE
#include "channel.h"

enum { most_writers = 16, words_sent = 16, turns_per_look_of_many = 1024 };

static void write_to(const char* name, uint32_t id, int batch, double seconds) {
  pipc_channel channel = open_channel(name);
  pipc_writer writer;
  uint32_t words[batch_size][words_sent] = {{0}};
  struct iovec parts[batch_size];
  uint32_t sequence = 0;
  for (int k = 0; k < batch; k++) {
    words[k][1] = id;
    parts[k].iov_base = words[k];
    parts[k].iov_len = sizeof words[k];
  }
  must(pipc_open_writer(&writer, &channel), "pipc_open_writer");
  take_places();
  const double begin = now() + WARM_UP, end = begin + seconds;
  for (int measured = 0; measured < 2; measured++) {
    if (measured) send_marker(&writer, sequence, id, mark_start);
    do {
      for (int turn = 0; turn < turns_per_look_of_many; turn += batch, sequence += (uint32_t)batch) {
        for (int k = 0; k < batch; k++) words[k][0] = sequence + (uint32_t)k;
        must(batch == 1 ? pipc_send(&writer, words[0], sizeof words[0], PIPC_FOR_EVER)
                        : pipc_send_many(&writer, parts, (size_t)batch, PIPC_FOR_EVER),
             "sending");
      }
    } while (now() < (measured ? end : begin));
  }
  send_marker(&writer, sequence, id, mark_end);
  pipc_close_writer(&writer);
}

typedef struct {
  uint32_t writers, starts, ends, wrong;
  /* Of each writer: the next sequence number, and the one at the start and at the end of the time in which
   * all ran. */
  uint32_t want[most_writers], first[most_writers], last[most_writers];
  double started, ended;
} crowd;

static void unexpected(crowd* all, const uint32_t* words, uint32_t length) {
  uint32_t* const want = &all->want[words[1] % most_writers];
  if (length != mark_length || words[0] != ~*want) {
    all->wrong++;
    *want = words[0] + 1;
  } else if (words[2] == mark_start) {
    if (++all->starts < all->writers) return;
    memcpy(all->first, all->want, sizeof all->first);
    all->started = now();
  } else {
    if (++all->ends > 1) return;
    memcpy(all->last, all->want, sizeof all->last);
    // Else there was no such time.
    if (all->starts == all->writers) all->ended = now();
  }
}

static int see(void* context, const void* payload, uint32_t length) {
  crowd* const all = (crowd*)context;
  const uint32_t* const words = (const uint32_t*)payload;
  uint32_t* const want = &all->want[words[1] % most_writers];
  if (words[0] == *want)
    ++*want;
  else
    unexpected(all, words, length);
  return 0;
}

static void read_from(const char* name, uint32_t writers) {
  pipc_channel channel = open_channel(name);
  pipc_reader reader;
  crowd all = {.writers = writers};
  must(pipc_open_reader(&reader, &channel), "pipc_open_reader");
  take_places();
  while (all.ends < writers) {
    const void* payload;
    uint32_t length;
    const ssize_t count = pipc_drain(&reader, see, &all);
    must(count, "pipc_drain");
    if (count > 0) continue;
    // The writers need the CPU.
    must(pipc_lease(&reader, &payload, &length, PIPC_FOR_EVER), "pipc_lease");
    must(pipc_put_back(&reader), "pipc_put_back");
  }
  printf("{\"milliseconds\":%.6f,\"wrong\":%u,\"shares\":[", (all.ended - all.started) * 1e3, all.wrong);
  for (uint32_t id = 0; id < writers; id++) printf("%s%u", id ? "," : "", all.last[id] - all.first[id]);
  puts("]}");
  pipc_close_reader(&reader);
}

int main(int argc, char** argv) {
  end_with_parent();
  if (argc == 6 && strcmp(argv[1], "write") == 0)
    write_to(argv[2], (uint32_t)atoi(argv[3]), atoi(argv[4]), atof(argv[5]));
  else if (argc == 4 && strcmp(argv[1], "read") == 0)
    read_from(argv[2], (uint32_t)atoi(argv[3]));
  else
    return 2;
}
