// The C floor of `npm run bench -- wake`: two processes hand a message of 64 bytes to and fro over two POSIX
// queues, each waiting in epoll as an event loop does. Usage: wake ROUNDS CPU CPU; prints nanoseconds per
// round trip, a line each.
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { message_size = 64, warm_up = 1000 };

static double now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return moment.tv_sec * 1e9 + moment.tv_nsec;
}

static void pin(const char* cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(atoi(cpu), &set);
  sched_setaffinity(0, sizeof set, &set);
}

static mqd_t make(const char* suffix) {
  char name[64];
  snprintf(name, sizeof name, "/posix-ipc-floor-%d-%s", getpid(), suffix);
  struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = message_size};
  mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR | O_NONBLOCK, 0600, &attributes);
  if (queue == -1) {
    perror("mq_open");
    exit(1);
  }
  mq_unlink(name);
  return queue;
}

static int loop_of(mqd_t queue) {
  int loop = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(loop, EPOLL_CTL_ADD, queue, &event);
  return loop;
}

static void receive(int loop, mqd_t queue, char* message) {
  struct epoll_event event;
  unsigned priority;
  while (mq_receive(queue, message, message_size, &priority) == -1) epoll_wait(loop, &event, 1, -1);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const long rounds = atol(argv[1]) + warm_up;
  mqd_t there = make("there"), back = make("back");
  char message[message_size] = {1};
  pid_t child = fork();
  if (child == 0) {
    pin(argv[3]);
    int loop = loop_of(there);
    for (long i = 0; i < rounds; i++) {
      receive(loop, there, message);
      mq_send(back, message, sizeof message, 0);
    }
    _exit(0);
  }
  pin(argv[2]);
  int loop = loop_of(back);
  for (long i = 0; i < rounds; i++) {
    const double started = now();
    mq_send(there, message, sizeof message, 0);
    receive(loop, back, message);
    if (i >= warm_up) printf("%.0f\n", now() - started);
  }
  waitpid(child, NULL, 0);
}
