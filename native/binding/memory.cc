#include "binding/memory.h"

namespace posix_ipc::binding {

Napi::Value Memory::buffer(Napi::Env env, const Subject& subject) {
  if (!buffer_.IsEmpty()) {
    const Napi::ArrayBuffer present = buffer_.Value();
    if (!present.IsEmpty()) return present;
  }
  auto holder = std::make_unique<std::shared_ptr<Mapping>>(mapping_);
  napi_value made;
  const napi_status status = napi_create_external_arraybuffer(
      env, mapping_->address(), mapping_->size(),
      // Runs when no JavaScript value and no thread of Node can reach the bytes any more, at the latest when
      // the environment ends; never while a view is alive.
      [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<Mapping>*>(hint); }, holder.get(),
      &made);
  // Electron, and builds with pointer compression, allow no buffer over foreign memory: read() and write()
  // remain.
  if (status == napi_no_external_buffers_allowed) throw_error(env, {ENOTSUP, "buffer"}, subject);
  if (status != napi_ok) throw Napi::Error::New(env);
  (void)holder.release();
  const Napi::ArrayBuffer buffer(env, made);
  buffer_ = Napi::Weak(buffer);
  return buffer;
}

Status Memory::close() {
  std::shared_ptr<Mapping> mapping = std::move(mapping_);
  if (buffer_.IsEmpty()) return mapping->release();

  Napi::ArrayBuffer buffer = buffer_.Value();
  buffer_.Reset();
  if (!buffer.IsEmpty() && !buffer.IsDetached()) {
    // A thread of Node's pool may be reading the bytes at this moment, by their bare address; what it was
    // asked to do keeps the buffer, if not its bytes. So the addresses stay until the buffer itself is
    // collected.
    buffer.AddFinalizer([](Napi::Env, std::shared_ptr<Mapping>* held) { delete held; },
                        new std::shared_ptr<Mapping>(mapping));
    buffer.Detach();
  }
  // Also where the buffer was collected and its finalizer is still to run, or its bytes were handed on
  // (ArrayBuffer.prototype.transfer): the object is let go of now, and whoever has the addresses has zeros.
  mapping->retire();
  return done();
}

Status Memory::replace(Mapping mapping) {
  auto closed = close();
  mapping_ = std::make_shared<Mapping>(std::move(mapping));
  return closed;
}

}  // namespace posix_ipc::binding
