#pragma once

#include <napi.h>
#include <sys/ipc.h>
#include <sys/stat.h>

#include <cmath>
#include <ctime>

// The kernel's answers as plain JavaScript records.
namespace posix_ipc::binding {

// Milliseconds since the epoch, as JavaScript's Date takes them, rounded as fs.stat does.
inline Napi::Value date_of(Napi::Env env, const timespec& moment) {
  return Napi::Date::New(env, std::floor(moment.tv_sec * 1000.0 + moment.tv_nsec / 1e6 + 0.5));
}

inline Napi::Value date_of(Napi::Env env, time_t seconds) { return Napi::Date::New(env, seconds * 1000.0); }

// The fields that every object with an inode shares.
inline Napi::Object file_status(Napi::Env env, const struct stat& status) {
  auto record = Napi::Object::New(env);
  record["mode"] = Napi::Number::New(env, status.st_mode & 07777);
  record["uid"] = Napi::Number::New(env, status.st_uid);
  record["gid"] = Napi::Number::New(env, status.st_gid);
  record["dev"] = Napi::Number::New(env, static_cast<double>(status.st_dev));
  record["ino"] = Napi::Number::New(env, static_cast<double>(status.st_ino));
  record["links"] = Napi::Number::New(env, static_cast<double>(status.st_nlink));
  record["atime"] = date_of(env, status.st_atim);
  record["mtime"] = date_of(env, status.st_mtim);
  record["ctime"] = date_of(env, status.st_ctim);
  return record;
}

// The fields that every System V object shares.
inline Napi::Object ipc_status(Napi::Env env, int id, const ipc_perm& permissions) {
  auto record = Napi::Object::New(env);
  record["key"] = Napi::Number::New(env, static_cast<uint32_t>(permissions.__key));
  record["id"] = Napi::Number::New(env, id);
  record["mode"] = Napi::Number::New(env, permissions.mode & 0777);
  record["uid"] = Napi::Number::New(env, permissions.uid);
  record["gid"] = Napi::Number::New(env, permissions.gid);
  record["cuid"] = Napi::Number::New(env, permissions.cuid);
  record["cgid"] = Napi::Number::New(env, permissions.cgid);
  return record;
}

}  // namespace posix_ipc::binding
