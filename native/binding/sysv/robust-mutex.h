#pragma once

#include <napi.h>

#include <memory>

#include "core/intent.h"
#include "core/mapping.h"

namespace posix_ipc::binding {

// robustMutex(intent, offset) of an attachment, whose mapping it shares; `offset` was checked. Gives
// { tryLock, lockSync, makeConsistent, unlock, close }; answers: created.
Napi::Object robust_mutex(Napi::Env env, Intent intent, std::shared_ptr<Mapping> mapping, size_t offset,
                          int id);

}  // namespace posix_ipc::binding
