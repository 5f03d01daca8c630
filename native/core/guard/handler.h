#pragma once

// A peer that truncates an object, or a file system that is full, makes the kernel raise SIGBUS where this
// process touches a page that is not there. The handler puts zero pages under the whole range instead and
// lets the instruction run again. Whatever does not concern a range goes where it would have gone without us.
namespace posix_ipc::guard {

// At each new range: the handler is put in front of whoever has taken its place since. Nothing while
// disabled.
void install();

// The same where a range was made before; tells whether the handler stands.
bool install_again();

// The ranges stay known while it is disabled, but end the process when they are touched where their pages
// are gone.
void enable();
void disable();
bool enabled();

}  // namespace posix_ipc::guard
