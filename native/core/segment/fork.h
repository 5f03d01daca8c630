#pragma once

namespace posix_ipc {

// Descriptors that a child made by fork(2) must not have: closed in it before fork() returns.
void close_in_child(int descriptor);
void keep_in_child(int descriptor);

}  // namespace posix_ipc
