#pragma once

#include "core/result.h"

namespace posix_ipc {

// The signal by which a thread of this process is called back from a blocking system call: SIGRTMAX - 3,
// which neither the C library nor Node uses. Its handler does nothing and lacks SA_RESTART, so the call ends
// with EINTR.
int interrupt_signal();

// Installs the handler, once; before the first thread that is to be interrupted blocks.
Status install_interrupt_handler();

}  // namespace posix_ipc
