// increment ID OFFSET COUNT  adds one COUNT times to the number at the start of the segment, under the mutex
// at OFFSET hold ID OFFSET             locks the mutex, says so and stays inherit ID OFFSET          locks
// the mutex, tells whether its owner died, makes it consistent and unlocks it spoil ID OFFSET            the
// same, but leaves it inconsistent
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

// The header of posix-ipc is before it.
enum { HEADER = 64 };

static void check(int answer, const char* call) {
  if (answer == 0) return;
  fprintf(stderr, "%s: %s\n", call, strerror(answer));
  exit(1);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const char* role = argv[1];
  char* memory = shmat(atoi(argv[2]), NULL, 0);
  if (memory == (char*)-1) check(errno, "shmat");
  pthread_mutex_t* mutex = (pthread_mutex_t*)(memory + atoi(argv[3]) + HEADER);

  if (strcmp(role, "increment") == 0) {
    int32_t volatile* number = (int32_t volatile*)memory;
    for (int count = atoi(argv[4]); count > 0; count--) {
      check(pthread_mutex_lock(mutex), "pthread_mutex_lock");
      *number = *number + 1;
      check(pthread_mutex_unlock(mutex), "pthread_mutex_unlock");
    }
    return 0;
  }

  const int locked = pthread_mutex_lock(mutex);
  if (locked != EOWNERDEAD) check(locked, "pthread_mutex_lock");
  puts(locked == EOWNERDEAD ? "owner died" : "locked");
  fflush(stdout);
  if (strcmp(role, "hold") == 0) pause();
  if (strcmp(role, "inherit") == 0 && locked == EOWNERDEAD)
    check(pthread_mutex_consistent(mutex), "pthread_mutex_consistent");
  check(pthread_mutex_unlock(mutex), "pthread_mutex_unlock");
  return 0;
}
