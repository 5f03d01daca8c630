// print NAME         prints each value of the struct sample in NAME
// fill NAME          writes each value
// count NAME         adds 1 to `hits` and 2 to `total` while `go` is 1; prints how often
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "sample.h"

static void print(struct sample* s) {
  printf("%d %u %d %u %" PRId32 " %" PRIu32 "\n", s->a, s->b, s->c, s->d, s->e, s->f);
  printf("%" PRId64 " %" PRIu64 " %.9g %.17g %d\n", s->g, s->h, (double)s->single, s->real, s->truth);
  printf("%s|%02x%02x%02x%02x\n", s->label, s->blob[0], s->blob[1], s->blob[2], s->blob[3]);
  for (int i = 0; i < 2; i++) printf("%d %d %d ", s->grid[i][0], s->grid[i][1], s->grid[i][2]);
  for (int i = 0; i < 3; i++) printf("%" PRId32 " %g ", s->path[i].x, s->path[i].weight);
  printf("%" PRId32 " %g\n", s->point.x, s->point.weight);
  printf("%" PRIu32 " %" PRId64 "\n", s->hits, s->total);
}

static void fill(struct sample* s) {
  s->a = INT8_MIN;
  s->b = UINT8_MAX;
  s->c = INT16_MIN;
  s->d = UINT16_MAX;
  s->e = INT32_MIN;
  s->f = UINT32_MAX;
  s->g = INT64_MIN;
  s->h = UINT64_MAX;
  s->single = 0.1f;
  s->real = 0.1;
  s->truth = true;
  snprintf(s->label, sizeof s->label, "d\u00e9j\u00e0 vu");
  memcpy(s->blob, "\x01\x80\xff", 4);
  for (int i = 0; i < 6; i++) s->grid[i / 3][i % 3] = i - 3;
  for (int i = 0; i < 3; i++) s->path[i].x = -i, s->path[i].weight = i / 2.0;
  s->point.x = 7;
  s->point.weight = 0.25;
  s->hits = 11;
  s->total = -12;
}

static void count(struct sample* s) {
  puts("waiting");
  fflush(stdout);
  while (s->go == 0) {
  }
  long times = 0;
  for (; s->go == 1; times++) {
    s->hits++;
    s->total += 2;
  }
  printf("%ld\n", times);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  int fd = shm_open(argv[2], O_RDWR, 0);
  void* map = mmap(NULL, sizeof(struct sample), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    perror(argv[2]);
    return 1;
  }
  if (strcmp(argv[1], "print") == 0) print(map);
  if (strcmp(argv[1], "fill") == 0) fill(map);
  if (strcmp(argv[1], "count") == 0) count(map);
  return 0;
}
