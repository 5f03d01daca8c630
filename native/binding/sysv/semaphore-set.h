#pragma once

#include <napi.h>

namespace posix_ipc::binding {

// get, initialise, tryOperate, operateSync, startOperate, prepare, values, setValues, value, setValue,
// waitingForIncrease, waitingForZero, lastPid, stat, set, remove, removeOnExit: a set is its identifier and
// holds nothing here.
Napi::Object sysv_semaphore_set(Napi::Env env);

}  // namespace posix_ipc::binding
