// write NAME ID COUNT FORM   sends COUNT messages of random lengths: send, claim, many
// read NAME FORM             receives until all writers have gone: receive, lease, drain; tells how many of
// whom sit NAME writer|reader     takes a seat, says so and stays
//
// A message is four words, writer, number, length and a checksum of the rest, and the rest.
#include <posix-ipc/channel.h>

enum { LONGEST = 1500, HEAD = 16, WRITERS = 16 };

struct message {
  uint32_t writer, number, length, sum;
  unsigned char rest[LONGEST - HEAD];
};

static void check(ssize_t answer, const char* call) {
  if (answer >= 0) return;
  fprintf(stderr, "%s: %s\n", call, strerror((int)-answer));
  exit(1);
}

static uint32_t random_word(void) {
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/* FNV-1a */
static uint32_t sum_of(const unsigned char* bytes, size_t length) {
  uint32_t sum = 2166136261u;
  for (size_t at = 0; at < length; at++) sum = (sum ^ bytes[at]) * 16777619u;
  return sum;
}

static uint32_t make(struct message* message, uint32_t writer, uint32_t number) {
  const uint32_t length =
      random_word() % 4 == 0 ? HEAD + random_word() % (LONGEST - HEAD + 1) : HEAD + random_word() % 64;
  message->writer = writer;
  message->number = number;
  message->length = length;
  for (uint32_t at = 0; at < length - HEAD; at++) message->rest[at] = (unsigned char)random_word();
  message->sum = sum_of(message->rest, length - HEAD);
  return length;
}

/* Both sides sleep now and then. */
static void pause_sometimes(void) {
  if (random_word() % 256 == 0) usleep(3000);
}

static void write_messages(pipc_writer* writer, uint32_t id, uint32_t count, const char* form) {
  struct message messages[3];
  for (uint32_t number = 0; number < count; pause_sometimes()) {
    if (strcmp(form, "claim") == 0) {
      void* payload;
      check(pipc_claim(writer, LONGEST, &payload, PIPC_FOR_EVER), "pipc_claim");
      check(pipc_commit(writer, make(payload, id, number++)), "pipc_commit");
    } else if (strcmp(form, "many") == 0 && number + 3 <= count) {
      struct iovec parts[3];
      for (uint32_t each = 0; each < 3; each++) {
        parts[each].iov_base = &messages[each];
        parts[each].iov_len = make(&messages[each], id, number + each);
      }
      ssize_t sent = pipc_try_send_many(writer, parts, 3);
      if (sent == -EAGAIN) {
        sent = 1;
        check(pipc_send(writer, parts[0].iov_base, (uint32_t)parts[0].iov_len, PIPC_FOR_EVER), "pipc_send");
      }
      check(sent, "pipc_try_send_many");
      number += (uint32_t)sent;
    } else {
      const uint32_t length = make(&messages[0], id, number);
      const int error = pipc_send(writer, &messages[0], length, PIPC_FOR_EVER);
      if (error == -EPIPE) {
        puts("EPIPE");
        return;
      }
      check(error, "pipc_send");
      number++;
    }
  }
}

struct tally {
  uint32_t next[WRITERS], count[WRITERS];
};

static int examine(void* context, const void* payload, uint32_t length) {
  struct tally* tally = context;
  const struct message* message = payload;
  if (length < HEAD || message->length != length || message->writer >= WRITERS ||
      message->number < tally->next[message->writer] ||
      message->sum != sum_of(message->rest, length - HEAD)) {
    fprintf(stderr, "wrong message of %u bytes\n", length);
    exit(1);
  }
  tally->next[message->writer] = message->number + 1;
  tally->count[message->writer]++;
  return 0;
}

static void read_messages(pipc_reader* reader, const char* form) {
  struct tally tally = {{0}, {0}};
  for (;; pause_sometimes()) {
    struct message message;
    if (strcmp(form, "drain") == 0) check(pipc_drain(reader, examine, &tally), "pipc_drain");
    if (strcmp(form, "lease") == 0) {
      const void* payload;
      uint32_t length;
      const int error = pipc_lease(reader, &payload, &length, PIPC_FOR_EVER);
      if (error == -EPIPE) break;
      check(error, "pipc_lease");
      examine(&tally, payload, length);
      check(pipc_release(reader), "pipc_release");
    } else {
      const ssize_t length = pipc_receive(reader, &message, sizeof message, PIPC_FOR_EVER);
      if (length == -EPIPE) break;
      check(length, "pipc_receive");
      examine(&tally, &message, (uint32_t)length);
    }
  }
  for (int writer = 0; writer < WRITERS; writer++)
    if (tally.count[writer] > 0) printf("%d %u\n", writer, tally.count[writer]);
  puts("EPIPE");
}

int main(int argc, char** argv) {
  pipc_channel channel;
  pipc_writer writer;
  pipc_reader reader;
  if (argc < 4) return 2;
  check(pipc_open(&channel, argv[2], getuid()), "pipc_open");
  if (strcmp(argv[1], "write") == 0 && argc == 6) {
    check(pipc_open_writer(&writer, &channel), "pipc_open_writer");
    write_messages(&writer, (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]), argv[5]);
    pipc_close_writer(&writer);
  } else if (strcmp(argv[1], "read") == 0) {
    check(pipc_open_reader(&reader, &channel), "pipc_open_reader");
    puts("ready");
    fflush(stdout);
    read_messages(&reader, argv[3]);
    pipc_close_reader(&reader);
  } else {
    const int writes = strcmp(argv[3], "writer") == 0;
    check(writes ? pipc_open_writer(&writer, &channel) : pipc_open_reader(&reader, &channel), "open");
    puts("ready");
    fflush(stdout);
    pause();
  }
  pipc_close(&channel);
  return 0;
}
