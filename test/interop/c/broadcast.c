// write NAME         sends messages of changing lengths as fast as it can, and says so after the first
// follow NAME COUNT  waits for COUNT messages, and prints `NUMBER lost LOST whole` or `… torn` of each
// create NAME SIZE   makes one, and sends "made in C"
// threads NAME       a writer and a reader of one process, on one mapping; prints how many messages were
// torn, and
//                    whether those it got and those it lost are all
#include <posix-ipc/broadcast.h>

static void fail(const char* call, long error) {
  if (error >= 0) return;
  fprintf(stderr, "%s: %s\n", call, strerror((int)-error));
  exit(1);
}

static uint32_t length_of(const pipc_channel* broadcast, uint32_t number) {
  return 4 * (1 + number % (pipc_longest_message(broadcast) / 8));
}

static void send_messages(pipc_channel* broadcast, uint64_t count) {
  pipc_broadcast_writer writer;
  uint32_t* words = malloc(broadcast->capacity);
  fail("writer", pipc_open_broadcast_writer(&writer, broadcast));
  for (uint64_t sent = 0; sent < count; sent++) {
    const uint32_t number = (uint32_t)writer.number;
    const uint32_t length = length_of(broadcast, number);
    for (uint32_t word = 0; word < length / 4; word++) words[word] = number + word;
    fail("send", pipc_announce_message(&writer, words, length));
    if (sent == 0) puts("ready");
    fflush(stdout);
  }
  pipc_close_broadcast_writer(&writer);
  free(words);
}

static int whole(const pipc_channel* broadcast, uint64_t number, const uint32_t* words, ssize_t length) {
  if (length != length_of(broadcast, (uint32_t)number)) return 0;
  for (uint32_t word = 0; word < length / 4; word++) {
    if (words[word] != (uint32_t)number + word) return 0;
  }
  return 1;
}

static void follow(pipc_channel* broadcast, long count) {
  pipc_broadcast_reader reader;
  uint32_t* words = malloc(broadcast->capacity);
  uint64_t lost;
  fail("reader", pipc_open_broadcast_reader(&reader, broadcast));
  puts("ready");
  fflush(stdout);
  for (long got = 0; got < count; got++) {
    const ssize_t length = pipc_hear(&reader, words, broadcast->capacity, &lost, 20000);
    fail("hear", length);
    printf("%llu lost %llu %s\n", (unsigned long long)reader.number - 1, (unsigned long long)lost,
           whole(broadcast, reader.number - 1, words, length) ? "whole" : "torn");
    fflush(stdout);
  }
  pipc_close_broadcast_reader(&reader);
  free(words);
}

enum { OF_THREADS = 200000 };

static void* write_thread(void* broadcast) {
  send_messages(broadcast, OF_THREADS);
  return NULL;
}

static void threads(pipc_channel* broadcast) {
  pthread_t thread;
  pipc_broadcast_reader reader;
  uint32_t* words = malloc(broadcast->capacity);
  uint64_t lost, got = 0;
  long torn = 0;
  ssize_t length;
  fail("reader", pipc_open_broadcast_reader(&reader, broadcast));
  fail("pthread_create", -pthread_create(&thread, NULL, write_thread, broadcast));
  while ((length = pipc_hear(&reader, words, broadcast->capacity, &lost, 20000)) != -EPIPE) {
    fail("hear", length);
    torn += !whole(broadcast, reader.number - 1, words, length);
    got++;
  }
  pthread_join(thread, NULL);
  printf("%ld torn, %s\n", torn, got + reader.lost == OF_THREADS ? "all" : "not all");
  pipc_close_broadcast_reader(&reader);
  free(words);
}

int main(int argc, char** argv) {
  pipc_channel broadcast;
  if (argc < 3) return 2;
  if (strcmp(argv[1], "create") == 0) {
    pipc_broadcast_writer writer;
    fail("create", pipc_create_broadcast(&broadcast, argv[2], (uint32_t)atoi(argv[3]), 0600));
    fail("writer", pipc_open_broadcast_writer(&writer, &broadcast));
    fail("send", pipc_announce_message(&writer, "made in C", 9));
    pipc_close_broadcast_writer(&writer);
    pipc_close(&broadcast);
    return 0;
  }
  fail("open", pipc_open_broadcast(&broadcast, argv[2], getuid()));
  if (strcmp(argv[1], "write") == 0) send_messages(&broadcast, UINT64_MAX);
  if (strcmp(argv[1], "follow") == 0) follow(&broadcast, atol(argv[3]));
  if (strcmp(argv[1], "threads") == 0) threads(&broadcast);
  pipc_close(&broadcast);
  return 0;
}
