// create NAME VALUE      creates the semaphore and prints its value
// echo PING PONG ROUNDS  waits for PING, says so and posts PONG, round after round
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char* call) {
  perror(call);
  exit(1);
}

static sem_t* open_semaphore(const char* name) {
  sem_t* semaphore = sem_open(name, 0);
  if (semaphore == SEM_FAILED) fail("sem_open");
  return semaphore;
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "create") == 0) {
    sem_t* semaphore = sem_open(argv[2], O_CREAT | O_EXCL, 0600, atoi(argv[3]));
    if (semaphore == SEM_FAILED) fail("sem_open");
    int value;
    if (sem_getvalue(semaphore, &value) == -1) fail("sem_getvalue");
    printf("%d\n", value);
    return 0;
  }
  if (argc != 5) return 2;
  sem_t* ping = open_semaphore(argv[2]);
  sem_t* pong = open_semaphore(argv[3]);
  printf("waiting\n");
  fflush(stdout);
  for (int round = 0; round < atoi(argv[4]); round++) {
    if (sem_wait(ping) == -1) fail("sem_wait");
    printf("round %d\n", round);
    fflush(stdout);
    if (sem_post(pong) == -1) fail("sem_post");
  }
  return 0;
}
