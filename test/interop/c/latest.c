// write NAME         sets values of changing lengths as fast as it can, and says so after the first
// follow NAME COUNT  waits for COUNT values, and prints `VERSION whole` or `VERSION torn` of each
// create NAME SIZE   makes one, and sets it to "made in C"
// threads NAME       a writer and a reader of one process, on one mapping; prints how many values were torn
#include <posix-ipc/latest.h>

static void fail(const char* call, long error) {
  if (error >= 0) return;
  fprintf(stderr, "%s: %s\n", call, strerror((int)-error));
  exit(1);
}

static uint32_t length_of(const pipc_channel* latest, uint32_t first) {
  return 4 * (1 + first % (latest->capacity / 4));
}

static int enough;

static void write_values(pipc_channel* latest) {
  pipc_latest_writer writer;
  uint32_t* words = malloc(latest->capacity);
  fail("writer", pipc_open_latest_writer(&writer, latest));
  for (uint64_t set = 0; !__atomic_load_n(&enough, __ATOMIC_RELAXED); set++) {
    const uint32_t first = (uint32_t)(writer.version + 1) * 7919;
    const uint32_t length = length_of(latest, first);
    for (uint32_t word = 0; word < length / 4; word++) words[word] = first + word;
    fail("set", pipc_set(&writer, words, length));
    if (set == 0) puts("ready");
    fflush(stdout);
  }
  pipc_close_latest_writer(&writer);
  free(words);
}

static int whole(const pipc_channel* latest, uint64_t version, const uint32_t* words, ssize_t length) {
  const uint32_t first = (uint32_t)version * 7919;
  if (length != length_of(latest, first)) return 0;
  for (uint32_t word = 0; word < length / 4; word++) {
    if (words[word] != first + word) return 0;
  }
  return 1;
}

static void follow(pipc_channel* latest, long count) {
  pipc_latest_reader reader;
  uint32_t* words = malloc(latest->capacity);
  fail("reader", pipc_open_latest_reader(&reader, latest));
  puts("ready");
  fflush(stdout);
  for (long got = 0; got < count; got++) {
    const ssize_t length = pipc_next(&reader, words, latest->capacity, 20000);
    fail("next", length);
    printf("%llu %s\n", (unsigned long long)reader.version,
           whole(latest, reader.version, words, length) ? "whole" : "torn");
    fflush(stdout);
  }
  pipc_close_latest_reader(&reader);
  free(words);
}

static void* write_thread(void* latest) {
  write_values(latest);
  return NULL;
}

static void threads(pipc_channel* latest) {
  pthread_t thread;
  pipc_latest_reader reader;
  uint32_t* words = malloc(latest->capacity);
  long torn = 0, got = 0;
  ssize_t length;
  fail("reader", pipc_open_latest_reader(&reader, latest));
  fail("pthread_create", -pthread_create(&thread, NULL, write_thread, latest));
  while ((length = pipc_next(&reader, words, latest->capacity, 20000)) != -EPIPE) {
    fail("next", length);
    torn += !whole(latest, reader.version, words, length);
    if (++got == 1000) __atomic_store_n(&enough, 1, __ATOMIC_RELAXED);
  }
  pthread_join(thread, NULL);
  pipc_close_latest_reader(&reader);
  free(words);
  printf("%ld torn\n", torn);
}

int main(int argc, char** argv) {
  pipc_channel latest;
  if (argc < 3) return 2;
  if (strcmp(argv[1], "create") == 0) {
    pipc_latest_writer writer;
    fail("create", pipc_create_latest(&latest, argv[2], (uint32_t)atoi(argv[3]), 0600));
    fail("writer", pipc_open_latest_writer(&writer, &latest));
    fail("set", pipc_set(&writer, "made in C", 9));
    pipc_close_latest_writer(&writer);
    pipc_close(&latest);
    return 0;
  }
  fail("open", pipc_open_latest(&latest, argv[2], getuid()));
  if (strcmp(argv[1], "write") == 0) write_values(&latest);
  if (strcmp(argv[1], "follow") == 0) follow(&latest, atol(argv[3]));
  if (strcmp(argv[1], "threads") == 0) threads(&latest);
  pipc_close(&latest);
  return 0;
}
