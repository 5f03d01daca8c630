// create KEY VALUE...  creates a set with these values and prints them
// echo KEY ROUNDS      takes one from semaphore 0, says so and adds one to semaphore 1, round after round
// hold KEY             takes one from semaphore 0 with SEM_UNDO and stays
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

union semun {
  int val;
};

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static void operate(int id, int index, int change, int flags) {
  struct sembuf operation = {.sem_num = index, .sem_op = change, .sem_flg = flags};
  if (semop(id, &operation, 1) == -1) fail("semop");
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const key_t key = atoi(argv[2]);
  if (strcmp(argv[1], "create") == 0) {
    const int count = argc - 3;
    int id = semget(key, count, IPC_CREAT | IPC_EXCL | 0600);
    if (id == -1) fail("semget");
    for (int i = 0; i < count; i++) {
      union semun argument = {.val = atoi(argv[3 + i])};
      if (semctl(id, i, SETVAL, argument) == -1) fail("semctl");
    }
    for (int i = 0; i < count; i++) printf("%d\n", semctl(id, i, GETVAL));
    return 0;
  }

  int id = semget(key, 0, 0);
  if (id == -1) fail("semget");
  if (strcmp(argv[1], "hold") == 0) {
    operate(id, 0, -1, SEM_UNDO);
    printf("holding\n");
    fflush(stdout);
    pause();
  }
  for (int round = 0; argc == 4 && round < atoi(argv[3]); round++) {
    operate(id, 0, -1, 0);
    printf("round %d\n", round);
    fflush(stdout);
    operate(id, 1, 1, 0);
  }
  return 0;
}
