"""The system calls that sessions may make: what Python, compilers and numerical libraries use, no more.

Left out on purpose, beside all that needs a capability: ptrace and process_vm_* (reading others' memory),
bpf, io_uring, userfaultfd, perf_event_open, keyctl (large attack surface), unshare, setns, mount and its
kin (new namespaces), name_to_handle_at and open_by_handle_at (ways past mounts), pidfd_getfd; memfd_create,
System V's IPC and setxattr, which hold memory that belongs to no process and to no file system.
A call that is left out answers ENOSYS, at which libraries fall back to what they did before it existed.
"""

import errno
import os
import socket
import termios

import pyseccomp as seccomp

FILES = """
access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 eventfd eventfd2 faccessat
faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr
flistxattr flock fremovexattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64
getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch lchown lgetxattr link linkat
listxattr llistxattr lremovexattr lseek lstat mkdir mkdirat mknod mknodat newfstatat open openat
openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
removexattr rename renameat renameat2 rmdir sendfile splice stat statfs statx symlink symlinkat
sync sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes vmsplice write writev
"""
MEMORY = """
brk get_mempolicy madvise mbind membarrier mincore mlock mlock2 mlockall mmap mprotect mremap
msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease set_mempolicy
"""
PROCESSES = """
arch_prctl capget execve execveat exit exit_group fork futex futex_waitv get_robust_list get_thread_area
getcpu getegid geteuid getgid getgroups getitimer getpgid getpgrp getpid getppid getpriority getrandom
getresgid getresuid getrlimit getrusage getsid gettid getuid kill pause pidfd_open pidfd_send_signal prctl
prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity
sched_setparam sched_setscheduler sched_yield set_robust_list set_thread_area set_tid_address setfsgid
setfsuid setgid setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit
setsid setuid sigaltstack signalfd signalfd4 sysinfo tgkill time times tkill ugetrlimit uname vfork wait4
waitid waitpid
"""
WAITING = """
alarm clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_pwait
epoll_pwait2 epoll_wait gettimeofday nanosleep poll ppoll pselect6 select timer_create timer_delete
timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime
"""
SOCKETS = """
accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg
sendmsg sendto setsockopt shutdown socketpair
"""
IPC = """
mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink
"""
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
_TIOCLINUX = 0x541C
_F_SETLEASE = 1024
_LOWER_HALF = 0xFFFFFFFF


def compiled() -> tuple[bytes, ...]:
    """The filters as BPF programs for this machine's architecture, each to be given to prctl(PR_SET_SECCOMP).

    Where filters differ the kernel takes the stricter answer.
    """
    return _program(_allowed()), _program(_refused())


def _program(rules: seccomp.SyscallFilter) -> bytes:
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _allowed() -> seccomp.SyscallFilter:
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    for name in " ".join((FILES, MEMORY, PROCESSES, WAITING, SOCKETS, IPC)).split():
        try:
            rules.add_rule(seccomp.ALLOW, name)
        except (ValueError, OSError):
            continue  # this architecture, or this libseccomp, does not have it
    rules.add_rule(seccomp.ALLOW, "ioctl")
    for family in range(64):
        # libzmq ends the process at EAFNOSUPPORT for netlink, and copes with EOPNOTSUPP.
        action = seccomp.ALLOW if family in _FAMILIES else seccomp.ERRNO(errno.EOPNOTSUPP)
        rules.add_rule(action, "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NEW_NAMESPACES, 0))
    for persona in (0, _LOWER_HALF):
        rules.add_rule(seccomp.ALLOW, "personality", seccomp.Arg(0, seccomp.EQ, persona))
    return rules


def _refused() -> seccomp.SyscallFilter:
    """Nobody may put characters into a terminal; the kernel looks at the lower half of a request only.
    Nor take a lease on a file, for which whoever opens it has to wait: programs and libraries are shared.
    """
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    requests = (("ioctl", termios.TIOCSTI), ("ioctl", _TIOCLINUX), ("fcntl", _F_SETLEASE))
    for name, request in requests:
        refused = seccomp.Arg(1, seccomp.MASKED_EQ, _LOWER_HALF, request)
        rules.add_rule(seccomp.ERRNO(errno.EPERM), name, refused)
    return rules
