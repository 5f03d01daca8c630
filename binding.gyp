{
  'targets': [
    {
      'target_name': 'posix_ipc',
      'sources': ["<!@(find native -name '*.cc' | LC_ALL=C sort)"],
      'include_dirs': ['native', 'native/include', '<!(node scripts/include-dir.cjs)'],
      'defines': [
        'NAPI_VERSION=9',
        # All: no memory, no thread left is an exception of C++ and must not end the process.
        'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags': ['-O2', '-fno-plt', '-fvisibility=hidden', '-Wall', '-Wextra'],
      'cflags!': ['-O3', '-Wno-unused-parameter'],
      'cflags_cc': ['-std=c++17', '-fexceptions'],
      'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-std=gnu++20'],
      # nodelete: Node closes the library when the last worker that loaded it ends, while our signal
      # handlers and threads may still be about to run its code.
      # now: a first call inside a signal handler must not enter the dynamic linker.
      'ldflags': ['-Wl,-z,nodelete', '-Wl,-z,now'],
    },
  ],
}
