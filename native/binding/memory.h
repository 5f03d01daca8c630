#pragma once

#include <napi.h>

#include <cstring>
#include <memory>
#include <vector>

#include "binding/arguments.h"
#include "binding/error.h"
#include "core/mapping.h"

namespace posix_ipc::binding {

// The bytes of one mapping, as JavaScript sees them. The mapping is held by this handle and by the
// ArrayBuffer that was handed out, and ends with the last of the two: in whatever order they are collected,
// no view is left over nothing.
class Memory {
 public:
  explicit Memory(Mapping mapping) : mapping_(std::make_shared<Mapping>(std::move(mapping))) {}

  bool closed() const { return mapping_ == nullptr; }
  Mapping& mapping() { return *mapping_; }
  // For what lies in the bytes and outlives this handle.
  std::shared_ptr<Mapping> share() const { return mapping_; }

  // One ArrayBuffer over the whole mapping, the same one as long as somebody holds it.
  Napi::Value buffer(Napi::Env env, const Subject& subject);
  // Kills the views, then gives the mapping back.
  Status close();
  // The same, and goes on with another mapping.
  Status replace(Mapping mapping);

 private:
  std::shared_ptr<Mapping> mapping_;
  Napi::Reference<Napi::ArrayBuffer> buffer_;
};

// The methods that POSIX shared memory and a System V attachment have in common. `Handle` is the class with
// the ObjectWrap.
template <typename Handle>
class MemoryWrap : public Napi::ObjectWrap<Handle> {
 public:
  explicit MemoryWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Handle>(info) {}

  static std::vector<typename Napi::ObjectWrap<Handle>::PropertyDescriptor> memory_methods() {
    // Pointers to members of a base class are no template arguments, hence the form that takes them at run
    // time.
    using Getter = typename Napi::ObjectWrap<Handle>::InstanceMethodCallback;
    using Command = typename Napi::ObjectWrap<Handle>::InstanceVoidMethodCallback;
    return {
        Handle::InstanceMethod("buffer", static_cast<Getter>(&Handle::buffer)),
        Handle::InstanceMethod("read", static_cast<Command>(&Handle::read)),
        Handle::InstanceMethod("write", static_cast<Command>(&Handle::write)),
        Handle::InstanceMethod("close", static_cast<Command>(&Handle::close)),
    };
  }

  Napi::Value buffer(const Napi::CallbackInfo& info) {
    return open("buffer").buffer(info.Env(), self().subject());
  }

  // read(offset, into), write(offset, from): the caller's bytes may be a view of this very mapping, or of
  // another that loses its bytes under the copy.
  void read(const Napi::CallbackInfo& info) { copy("read", info, bytes_of(info.Env(), info[1]), false); }
  void write(const Napi::CallbackInfo& info) { copy("write", info, bytes_of(info.Env(), info[1]), true); }

  void close(const Napi::CallbackInfo& info) {
    if (!memory_ || memory_->closed()) return;
    expect(info.Env(), memory_->close(), self().subject());
    self().on_close();
  }

 protected:
  Memory& open(const char* method) {
    if (!memory_ || memory_->closed()) throw_closed(this->Env(), method, self().subject());
    if (memory_->mapping().broken()) throw_stale(this->Env(), method, self().subject());
    return *memory_;
  }

  std::unique_ptr<Memory> memory_;

 private:
  Handle& self() { return static_cast<Handle&>(*this); }

  void copy(const char* method, const Napi::CallbackInfo& info, const Bytes& bytes, bool inwards) {
    char* here = range(method, info, bytes.length);
    const posix_ipc::guard::Copying copying(bytes.data, bytes.length);
    std::memmove(inwards ? here : bytes.data, inwards ? bytes.data : here, bytes.length);
    (void)open(method);
    if (copying.lost()) throw_error(info.Env(), {EFAULT, method}, self().subject());
  }

  char* range(const char* method, const Napi::CallbackInfo& info, size_t length) {
    Mapping& mapping = open(method).mapping();
    const double offset = number_of(info.Env(), info[0]);
    if (!(offset >= 0 && offset + static_cast<double>(length) <= static_cast<double>(mapping.size()))) {
      throw Napi::RangeError::New(info.Env(), "outside the mapping");
    }
    return mapping.address() + static_cast<size_t>(offset);
  }
};

}  // namespace posix_ipc::binding
