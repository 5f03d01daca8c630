#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/wait.h"

// Ends the program with the line that did not hold: these are programs of ctest, one for each noun.
#define CHECK(condition)                                                             \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                  \
    }                                                                                \
  } while (false)

// Of a wait that no signal interrupts.
inline posix_ipc::Patience within(double milliseconds) {
  posix_ipc::Patience patience;
  patience.deadline = posix_ipc::Deadline::in(milliseconds);
  return patience;
}

inline std::string unique_name(const char* what) {
  return "/pipc-core-" + std::to_string(getpid()) + "-" + what;
}
