// send PATH COUNT          makes the queue of this file's key and sends, with the types 1, 2, 3, 1, ...
// receive PATH COUNT TYPE  waits for so many messages of that type and prints type and text of each
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

enum { SIZE = 64 };

struct message {
  long type;
  char text[SIZE];
};

static void fail(const char* call) {
  perror(call);
  exit(1);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const int count = atoi(argv[3]);
  const key_t key = ftok(argv[2], 'P');
  if (key == -1) fail("ftok");
  struct message message;
  if (strcmp(argv[1], "send") == 0) {
    int id = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
    if (id == -1) fail("msgget");
    for (int i = 0; i < count; i++) {
      message.type = i % 3 + 1;
      const int length = snprintf(message.text, SIZE, "Message-%d", i);
      if (msgsnd(id, &message, length, 0) == -1) fail("msgsnd");
    }
  } else {
    int id = msgget(key, 0);
    if (id == -1) fail("msgget");
    printf("waiting\n");
    fflush(stdout);
    for (int i = 0; i < count; i++) {
      const ssize_t length = msgrcv(id, &message, SIZE, atol(argv[4]), 0);
      if (length == -1) fail("msgrcv");
      printf("%ld %.*s\n", message.type, (int)length, message.text);
    }
  }
  return 0;
}
