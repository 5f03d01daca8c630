// Sends lines of text into a channel, for whoever reads it: in C, in C++ or in Node.js.
//
//   gcc -I native/include -o writer examples/c/writer.c && ./writer /NAME [COUNT]
#define _GNU_SOURCE
#include <posix-ipc/channel.h>

static int failed(const char* call, int error) {
  fprintf(stderr, "%s: %s\n", call, strerror(-error));
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: writer /NAME [COUNT]\n");
    return 2;
  }
  const int count = argc > 2 ? atoi(argv[2]) : 5;

  // Whoever comes first creates it. The others find it, and refuse one that another user has put there.
  pipc_channel channel;
  int error = pipc_create(&channel, argv[1], 1 << 16, 0, 0600);
  if (error == -EEXIST) error = pipc_open(&channel, argv[1], getuid());
  if (error != 0) return failed("pipc_open", error);

  // A seat to write from. It is the kernel that gives it back, however this process ends.
  pipc_writer writer;
  error = pipc_open_writer(&writer, &channel);
  if (error != 0) return failed("pipc_open_writer", error);

  for (int number = 1; number <= count; number++) {
    // Written where it lies, in the shared memory: nothing is copied, and nobody sees it before the commit.
    void* text;
    error = pipc_claim(&writer, 64, &text, PIPC_FOR_EVER);
    // EPIPE: the reader was there, and has gone.
    if (error != 0) return failed("pipc_claim", error);
    const int length = snprintf(text, 64, "message %d from C, process %d", number, getpid());
    pipc_commit(&writer, (uint32_t)length);
  }

  pipc_close_writer(&writer);
  pipc_close(&channel);
  return 0;
}
