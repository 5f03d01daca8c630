#pragma once

#include <napi.h>

namespace posix_ipc::binding {

// { installAgain, enable, disable, enabled } of core/guard/handler.h.
Napi::Object guard(Napi::Env env);

}  // namespace posix_ipc::binding
