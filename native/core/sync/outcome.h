#pragma once

namespace posix_ipc::sync {

// What an attempt has found.
enum class Outcome : int {
  busy = 0,
  taken = 1,
  // And the last owner died while it had it.
  inherited = 2,
};

}  // namespace posix_ipc::sync
