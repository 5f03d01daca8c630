// What the C programs of `npm run bench -- channel` have in common; bench/channel/stage.ts and messages.ts
// are the same in TypeScript.
#ifndef BENCH_FLOORS_CHANNEL_H
#define BENCH_FLOORS_CHANNEL_H

#include <posix-ipc/channel.h>
#include <signal.h>
#include <sys/prctl.h>

/* Seconds before anything is measured. */
#define WARM_UP 0.3

enum { prepared = 128, batch_size = 16, longest_words = 20, turns_per_look = 65536 };

/* What a marker says. Its first word is the complement of the next sequence number, which no message has
 * there. */
enum { mark_start = 1, mark_end = 2, mark_length = 12 };

typedef struct {
  uint32_t words[longest_words];
  uint32_t length;
} message;

static inline double now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return (double)moment.tv_sec + (double)moment.tv_nsec * 1e-9;
}

static inline void must(ssize_t answer, const char* what) {
  if (answer >= 0) return;
  fprintf(stderr, "%s: %s\n", what, strerror((int)-answer));
  exit(1);
}

/* Tells the benchmark that this one is ready, and waits until all are. */
static inline void take_places(void) {
  char byte;
  puts("ready");
  fflush(stdout);
  if (read(0, &byte, 1) != 1) exit(1);
}

static inline pipc_channel open_channel(const char* name) {
  pipc_channel channel;
  must(pipc_open(&channel, name, getuid()), "pipc_open");
  return channel;
}

static inline void end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

static inline void send_marker(pipc_writer* writer, uint32_t sequence, uint32_t id, uint32_t code) {
  const uint32_t words[3] = {~sequence, id, code};
  must(pipc_send(writer, words, sizeof words, PIPC_FOR_EVER), "pipc_send");
}

#endif
