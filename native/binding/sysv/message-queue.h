#pragma once

#include <napi.h>

namespace posix_ipc::binding {

// get, bind, stat, set, remove, removeOnExit: a queue is its identifier and holds nothing here but the buffer
// of `bind`.
Napi::Object sysv_message_queue(Napi::Env env);

}  // namespace posix_ipc::binding
