#pragma once

#include <cstdint>

namespace posix_ipc {

// Field 22 of /proc/self/stat, in clock ticks since the system started: with the pid it names a process for
// as long as the system runs. Its low 32 bits; 0 where there is no /proc.
uint32_t start_time_of_process();

}  // namespace posix_ipc
