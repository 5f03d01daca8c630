// send NAME COUNT     creates the queue and sends, with the priorities 0, 1, 2, 0, ...
// receive NAME COUNT  waits for so many messages and prints priority and text of each
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 64 };

static void fail(const char* call) {
  perror(call);
  exit(1);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int count = atoi(argv[3]);
  char text[SIZE];
  if (strcmp(argv[1], "send") == 0) {
    struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = SIZE};
    mqd_t queue = mq_open(argv[2], O_CREAT | O_EXCL | O_WRONLY, 0600, &attributes);
    if (queue == (mqd_t)-1) fail("mq_open");
    for (int i = 0; i < count; i++) {
      const int length = snprintf(text, SIZE, "Message-%d", i);
      if (mq_send(queue, text, length, i % 3) == -1) fail("mq_send");
    }
  } else {
    mqd_t queue = mq_open(argv[2], O_RDONLY);
    if (queue == (mqd_t)-1) fail("mq_open");
    printf("waiting\n");
    fflush(stdout);
    for (int i = 0; i < count; i++) {
      unsigned priority;
      const ssize_t length = mq_receive(queue, text, SIZE, &priority);
      if (length == -1) fail("mq_receive");
      printf("%u %.*s\n", priority, (int)length, text);
    }
  }
  return 0;
}
