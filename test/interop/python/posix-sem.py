"""The same as test/interop/c/posix-sem.c: create NAME VALUE, echo PING PONG ROUNDS."""
import ctypes
import os
import sys

from libc import call


def open_semaphore(name, *creation):
    return ctypes.c_void_p(call('sem_open', name.encode(), *creation, result=ctypes.c_void_p))


role, *words = sys.argv[1:]
if role == 'create':
    flags = os.O_CREAT | os.O_EXCL
    semaphore = open_semaphore(words[0], flags, ctypes.c_uint(0o600), ctypes.c_uint(int(words[1])))
    value = ctypes.c_int()
    call('sem_getvalue', semaphore, ctypes.byref(value))
    print(value.value)
else:
    ping, pong = (open_semaphore(name, 0) for name in words[:2])
    print('waiting', flush=True)
    for turn in range(int(words[2])):
        call('sem_wait', ping)
        print(f'round {turn}', flush=True)
        call('sem_post', pong)
