#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/result.h"

// `unlinkOnExit` and `removeOnExit`: what this process has promised to take away when it ends, whichever way
// it ends short of SIGKILL: return from main, exit(3), and SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT where
// nobody else handles them. The end of a worker thread takes nothing away, nor does the end of a forked
// child.
namespace posix_ipc::exit_cleanup {

enum class Kind { file, message_queue, sysv_shared_memory, sysv_semaphore_set, sysv_message_queue };

// A file under /dev/shm, or a message queue: taken away only while the name still leads to this device and
// inode.
Status promise(Kind kind, const std::string& name, int descriptor);
// A System V object. Identifiers carry a sequence number, so a successor of a removed one is not met.
Status promise(Kind kind, int id);
// It is gone already.
void forget(Kind kind, const std::string& name);
void forget(Kind kind, int id);

// Takes the five signals that have their default action; done again after a JavaScript listener has left.
void arm();

}  // namespace posix_ipc::exit_cleanup
