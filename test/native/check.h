#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

// Ends the program with the line that did not hold: these are programs of ctest, one for each noun.
#define CHECK(condition)                                                             \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                  \
    }                                                                                \
  } while (false)

inline std::string unique_name(const char* what) {
  return "/pipc-core-" + std::to_string(getpid()) + "-" + what;
}
