#pragma once

#include <napi.h>

#include "core/wait.h"

namespace posix_ipc::binding {

// From (timeout in milliseconds, signals | undefined), the last arguments of what blocks.
Patience patience_of(napi_env env, napi_value timeout, napi_value signals);

}  // namespace posix_ipc::binding
