// rewrite NAME: until `stop` is set, the text in NAME is now of letters of one byte and now of letters of two
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "page.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int fd = shm_open(argv[1], O_RDWR, 0);
  struct page* page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) {
    perror(argv[1]);
    return 1;
  }
  static char narrow[sizeof page->label], wide[sizeof page->label];
  const size_t letters = sizeof narrow / 2 - 1;
  memset(narrow, 'a', 2 * letters);
  for (size_t i = 0; i < letters; i++) memcpy(wide + 2 * i, "\u00e9", 2);

  puts("rewriting");
  fflush(stdout);
  while (!page->stop) {
    memcpy(page->label, wide, sizeof wide);
    memcpy(page->label, narrow, sizeof narrow);
  }
  return 0;
}
