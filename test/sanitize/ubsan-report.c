// Preloaded after libasan: writes each finding of UBSan to $UBSAN_REPORTS.PID. Its own log_path does nothing
// beside ASan, whose runtime has a function of the same name, and what it prints on stderr a test may throw
// away.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void __ubsan_get_current_report_data(const char** kind, const char** message, const char** file,
                                     unsigned* line, unsigned* column, char** address);

void __ubsan_on_report(void) {
  const char *kind, *message, *file, *place = getenv("UBSAN_REPORTS");
  unsigned line, column;
  char *address, path[4096];
  if (place == NULL) return;
  __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
  snprintf(path, sizeof path, "%s.%d", place, getpid());
  FILE* report = fopen(path, "a");
  if (report == NULL) abort();
  fprintf(report, "%s:%u:%u: %s: %s\n", file, line, column, kind, message);
  fclose(report);
}
