// The C floor of `npm run bench -- calls`: the same loop as bench/scenarios/calls.ts, without JavaScript.
// Usage: calls ROW ITERATIONS; prints nanoseconds per iteration.
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { message_size = 64, segment_size = 65536 };

static char name[64];
static double started;

static double now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return moment.tv_sec * 1e9 + moment.tv_nsec;
}

static double posix_queue(long count) {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = message_size};
  mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
  char message[message_size] = {1};
  unsigned priority;
  started = now();
  for (long i = 0; i < count; i++) {
    mq_send(queue, message, sizeof message, 0);
    mq_receive(queue, message, sizeof message, &priority);
  }
  double elapsed = now() - started;
  mq_unlink(name);
  return elapsed;
}

static double posix_semaphore(long count) {
  sem_t* semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
  started = now();
  for (long i = 0; i < count; i++) {
    sem_post(semaphore);
    sem_trywait(semaphore);
  }
  double elapsed = now() - started;
  sem_unlink(name);
  return elapsed;
}

static double sysv_semaphore(long count) {
  int id = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf up = {0, 1, IPC_NOWAIT}, down = {0, -1, IPC_NOWAIT};
  started = now();
  for (long i = 0; i < count; i++) {
    semop(id, &up, 1);
    semop(id, &down, 1);
  }
  double elapsed = now() - started;
  semctl(id, 0, IPC_RMID);
  return elapsed;
}

static double sysv_queue(long count) {
  int id = msgget(IPC_PRIVATE, 0600);
  struct {
    long type;
    char text[message_size];
  } letter = {1, {1}};
  started = now();
  for (long i = 0; i < count; i++) {
    msgsnd(id, &letter, message_size, IPC_NOWAIT);
    msgrcv(id, &letter, message_size, 0, IPC_NOWAIT);
  }
  double elapsed = now() - started;
  msgctl(id, IPC_RMID, NULL);
  return elapsed;
}

static double posix_memory_open(long count) {
  int made = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
  if (posix_fallocate(made, 0, segment_size) != 0) abort();
  started = now();
  for (long i = 0; i < count; i++) {
    struct stat status;
    int descriptor = shm_open(name, O_RDWR, 0);
    fstat(descriptor, &status);
    void* memory = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    munmap(memory, status.st_size);
    close(descriptor);
  }
  double elapsed = now() - started;
  shm_unlink(name);
  return elapsed;
}

static double sysv_memory_attach(long count) {
  int id = shmget(IPC_PRIVATE, segment_size, 0600);
  started = now();
  for (long i = 0; i < count; i++) {
    struct shmid_ds status;
    shmctl(id, IPC_STAT, &status);
    shmdt(shmat(id, NULL, 0));
  }
  double elapsed = now() - started;
  shmctl(id, IPC_RMID, NULL);
  return elapsed;
}

static double posix_semaphore_open(long count) {
  sem_t* made = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
  // Closed, or the loop would only count the references of one map.
  sem_close(made);
  started = now();
  for (long i = 0; i < count; i++) sem_close(sem_open(name, 0));
  double elapsed = now() - started;
  sem_unlink(name);
  return elapsed;
}

static double posix_queue_open(long count) {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = message_size};
  mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
  started = now();
  for (long i = 0; i < count; i++) {
    mqd_t queue = mq_open(name, O_RDWR);
    mq_getattr(queue, &attributes);
    mq_close(queue);
  }
  double elapsed = now() - started;
  mq_unlink(name);
  return elapsed;
}

static const struct {
  const char* row;
  double (*run)(long count);
} rows[] = {
    {"posix-queue", posix_queue},
    {"posix-semaphore", posix_semaphore},
    {"sysv-semaphore", sysv_semaphore},
    {"sysv-queue", sysv_queue},
    {"posix-memory-open", posix_memory_open},
    {"sysv-memory-attach", sysv_memory_attach},
    {"posix-semaphore-open", posix_semaphore_open},
    {"posix-queue-open", posix_queue_open},
};

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  snprintf(name, sizeof name, "/posix-ipc-floor-%d", getpid());
  const long count = atol(argv[2]);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (strcmp(rows[i].row, argv[1]) != 0) continue;
    rows[i].run(count / 10 + 1);
    printf("%.2f\n", rows[i].run(count) / count);
    return 0;
  }
  fprintf(stderr, "no row %s\n", argv[1]);
  return 2;
}
