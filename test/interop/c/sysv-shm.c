// write KEY COUNT   creates the segment and fills it
// read KEY COUNT    prints what it holds
// double KEY COUNT  doubles each number where it lies
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

enum { TEXT = 24 };

static void fail(const char* call) {
  perror(call);
  exit(1);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const char* role = argv[1];
  const int count = atoi(argv[3]);
  const size_t size = count * (sizeof(int32_t) + TEXT);
  const int creates = strcmp(role, "write") == 0;

  int id = shmget(atoi(argv[2]), size, creates ? IPC_CREAT | IPC_EXCL | 0600 : 0);
  if (id == -1) fail("shmget");
  void* map = shmat(id, NULL, 0);
  if (map == (void*)-1) fail("shmat");

  int32_t* numbers = map;
  char(*texts)[TEXT] = (char(*)[TEXT])(numbers + count);
  for (int i = 0; i < count; i++) {
    if (strcmp(role, "write") == 0) {
      numbers[i] = i * i - 1000;
      snprintf(texts[i], TEXT, "Message-%d", i);
    } else if (strcmp(role, "double") == 0) {
      numbers[i] *= 2;
    } else {
      printf("%d %s\n", numbers[i], texts[i]);
    }
  }
  if (shmdt(map) == -1) fail("shmdt");
  return 0;
}
