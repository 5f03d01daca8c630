// The C floor of `npm run bench -- channel`, one way: the same as bench/channel/one-way.ts.
// Usage: channel-one-way write NAME BATCH SECONDS | read NAME.
#define _GNU_SOURCE
#include "channel.h"

static message messages[prepared];
static struct iovec parts[prepared];

/* 48 to 80 bytes: a sequence number, words, and their sum. */
static void prepare(void) {
  for (uint32_t i = 0; i < prepared; i++) {
    const uint32_t last = 12 + i * 7 % 9 - 1;
    uint32_t sum = 0;
    for (uint32_t k = 1; k < last; k++) sum += messages[i].words[k] = k * i;
    messages[i].words[last] = sum;
    messages[i].length = (last + 1) * 4;
    parts[i].iov_base = messages[i].words;
    parts[i].iov_len = messages[i].length;
  }
}

static uint32_t send_singly(pipc_writer* writer, uint32_t sequence, double until) {
  do {
    for (int turn = 0; turn < turns_per_look; turn++, sequence++) {
      message* const next = &messages[sequence % prepared];
      int error;
      next->words[0] = sequence;
      while ((error = pipc_try_send(writer, next->words, next->length)) == -EAGAIN) continue;
      must(error, "pipc_try_send");
    }
  } while (now() < until);
  return sequence;
}

static uint32_t send_in_batches(pipc_writer* writer, uint32_t sequence, double until) {
  do {
    for (int turn = 0; turn < turns_per_look; turn += batch_size, sequence += batch_size) {
      const uint32_t first = sequence % prepared;
      for (uint32_t k = 0; k < batch_size; k++) messages[first + k].words[0] = sequence + k;
      for (ssize_t sent = 0; sent < batch_size;) {
        const ssize_t more = pipc_try_send_many(writer, parts + first + sent, (size_t)(batch_size - sent));
        if (more == -EAGAIN) continue;
        must(more, "pipc_try_send_many");
        sent += more;
      }
    }
  } while (now() < until);
  return sequence;
}

static void write_to(const char* name, int batch, double seconds) {
  uint32_t (*const send)(pipc_writer*, uint32_t, double) = batch == 1 ? send_singly : send_in_batches;
  pipc_channel channel = open_channel(name);
  pipc_writer writer;
  prepare();
  must(pipc_open_writer(&writer, &channel), "pipc_open_writer");
  take_places();
  uint32_t sequence = send(&writer, 0, now() + WARM_UP);
  send_marker(&writer, sequence, 0, mark_start);
  sequence = send(&writer, sequence, now() + seconds);
  send_marker(&writer, sequence, 0, mark_end);
  pipc_close_writer(&writer);
}

typedef struct {
  uint32_t want, wrong, first;
  double started, ended;
} arrivals;

static void unexpected(arrivals* all, const uint32_t* words, uint32_t length) {
  if (length != mark_length || words[0] != ~all->want) {
    all->wrong++;
    all->want = words[0] + 1;
  } else if (words[2] == mark_start) {
    all->first = all->want;
    all->started = now();
  } else {
    all->ended = now();
  }
}

static int see(void* context, const void* payload, uint32_t length) {
  arrivals* const all = (arrivals*)context;
  const uint32_t* const words = (const uint32_t*)payload;
  const uint32_t last = length / 4 - 1;
  uint32_t sum = 0;
  if (words[0] != all->want) {
    unexpected(all, words, length);
    return 0;
  }
  for (uint32_t k = 1; k < last; k++) sum += words[k];
  if (words[last] != sum) all->wrong++;
  all->want++;
  return 0;
}

static void read_from(const char* name) {
  pipc_channel channel = open_channel(name);
  pipc_reader reader;
  arrivals all = {0};
  int hungry = 0;
  must(pipc_open_reader(&reader, &channel), "pipc_open_reader");
  take_places();
  while (all.ended == 0) {
    // As drain() of a ChannelReader does: one that finds few, time after time, only fights for cache lines.
    if (hungry > 1)
      for (int look = 0; look < 400; look++) __asm__ volatile("");
    const ssize_t count = pipc_drain(&reader, see, &all);
    must(count, "pipc_drain");
    hungry = count > 0 && count < 32 ? hungry + 1 : 0;
  }
  printf("{\"messages\":%u,\"milliseconds\":%.6f,\"wrong\":%u}\n", all.want - all.first,
         (all.ended - all.started) * 1e3, all.wrong);
  pipc_close_reader(&reader);
}

int main(int argc, char** argv) {
  end_with_parent();
  if (argc == 5 && strcmp(argv[1], "write") == 0)
    write_to(argv[2], atoi(argv[3]), atof(argv[4]));
  else if (argc == 3 && strcmp(argv[1], "read") == 0)
    read_from(argv[2]);
  else
    return 2;
}
