// write NAME COUNT   creates the object and fills it
// read NAME COUNT    prints what it holds
// double NAME COUNT  doubles each number where it lies
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

  int fd = shm_open(argv[2], creates ? O_CREAT | O_EXCL | O_RDWR : O_RDWR, 0600);
  if (fd == -1) fail("shm_open");
  if (creates && ftruncate(fd, size) == -1) fail("ftruncate");
  void* map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) fail("mmap");
  close(fd);

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
  if (munmap(map, size) == -1) fail("munmap");
  return 0;
}
