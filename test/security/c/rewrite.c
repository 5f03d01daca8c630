// rewrite shm|sysv NAME|ID START LENGTH: until it is killed, these bytes are now a text in JSON of letters of
// one byte and now of letters of two
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

static void fail(const char* what) {
  perror(what);
  exit(1);
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const size_t start = (size_t)atol(argv[3]), length = (size_t)atol(argv[4]);
  char* memory;
  if (strcmp(argv[1], "shm") == 0) {
    const int fd = shm_open(argv[2], O_RDWR, 0);
    struct stat status;
    if (fd == -1 || fstat(fd, &status) == -1) fail(argv[2]);
    memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  } else {
    memory = shmat(atoi(argv[2]), NULL, 0);
  }
  if (memory == (char*)-1) fail(argv[2]);

  char* narrow = malloc(length);
  char* wide = malloc(length);
  if (narrow == NULL || wide == NULL) fail("malloc");
  memset(narrow, 'a', length);
  for (size_t at = 0; at < length; at++) wide[at] = "\u00e9"[(at + 1) % 2];
  narrow[0] = wide[0] = narrow[length - 1] = wide[length - 1] = '"';

  puts("rewriting");
  fflush(stdout);
  for (;;) {
    memcpy(memory + start, wide, length);
    memcpy(memory + start, narrow, length);
  }
}
