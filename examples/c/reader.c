// Prints what comes through a channel, until its last writer has gone.
//
//   gcc -I native/include -o reader examples/c/reader.c && ./reader /NAME
#define _GNU_SOURCE
#include <posix-ipc/channel.h>

static int failed(const char* call, ssize_t error) {
  fprintf(stderr, "%s: %s\n", call, strerror((int)-error));
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: reader /NAME\n");
    return 2;
  }
  pipc_channel channel;
  int error = pipc_create(&channel, argv[1], 1 << 16, 0, 0600);
  if (error == -EEXIST) error = pipc_open(&channel, argv[1], getuid());
  if (error != 0) return failed("pipc_open", error);

  pipc_reader reader;
  error = pipc_open_reader(&reader, &channel);
  if (error != 0) return failed("pipc_open_reader", error);

  for (;;) {
    char text[4096];
    // Sleeps without using the CPU until there is a message. Look at this process with strace meanwhile.
    const ssize_t length = pipc_receive(&reader, text, sizeof text, PIPC_FOR_EVER);
    // All writers have gone, by closing or by dying, and what they had sent is read.
    if (length == -EPIPE) break;
    if (length < 0) return failed("pipc_receive", length);
    printf("%.*s\n", (int)length, text);
  }

  pipc_close_reader(&reader);
  pipc_close(&channel);
  // The name stays, with all that nobody has read, until somebody takes it away.
  pipc_unlink(argv[1]);
  return 0;
}
