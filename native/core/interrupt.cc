#include "core/interrupt.h"

#include <signal.h>

namespace posix_ipc {

int interrupt_signal() { return SIGRTMAX - 3; }

Status install_interrupt_handler() {
  static const int answer = [] {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    return sigaction(interrupt_signal(), &action, nullptr);
  }();
  return check(answer, "sigaction");
}

}  // namespace posix_ipc
