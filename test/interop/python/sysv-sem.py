"""The same as test/interop/c/sysv-sem.c: create KEY VALUE..., echo KEY ROUNDS, hold KEY.

sysv_ipc knows sets of one semaphore only, so the operations on larger ones are calls of the C library.
"""
import ctypes
import signal
import sys

import sysv_ipc

from libc import call

IPC_CREAT, IPC_EXCL, SETVAL, GETVAL = 0o1000, 0o2000, 16, 12


class Operation(ctypes.Structure):
    _fields_ = [('index', ctypes.c_ushort), ('change', ctypes.c_short), ('flags', ctypes.c_short)]


def operate(identifier, index, change):
    call('semop', identifier, ctypes.byref(Operation(index, change, 0)), ctypes.c_size_t(1))


role, key, *words = sys.argv[1:]
if role == 'hold':
    semaphore = sysv_ipc.Semaphore(int(key))
    semaphore.undo = True
    semaphore.acquire()
    print('holding', flush=True)
    signal.pause()
elif role == 'create':
    identifier = call('semget', int(key), len(words), IPC_CREAT | IPC_EXCL | 0o600)
    for index, value in enumerate(words):
        call('semctl', identifier, index, SETVAL, int(value))
    for index in range(len(words)):
        print(call('semctl', identifier, index, GETVAL))
else:
    identifier = call('semget', int(key), 0, 0)
    for turn in range(int(words[0])):
        operate(identifier, 0, -1)
        print(f'round {turn}', flush=True)
        operate(identifier, 1, 1)
