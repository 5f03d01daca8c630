"""The C library, whose refusals become exceptions."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments, result=ctypes.c_int):
    function = getattr(libc, name)
    function.restype = result
    answer = function(*arguments)
    if answer is None or answer == -1:
        error = ctypes.get_errno()
        raise OSError(error, f'{name}: {os.strerror(error)}')
    return answer
