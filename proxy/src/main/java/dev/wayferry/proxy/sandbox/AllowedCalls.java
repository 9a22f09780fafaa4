package dev.wayferry.proxy.sandbox;

import static dev.wayferry.posix.SystemCallFilter.Arguments.anyOf;
import static dev.wayferry.posix.SystemCallFilter.Arguments.bits;
import static dev.wayferry.posix.SystemCallFilter.Arguments.isNull;

import dev.wayferry.posix.SystemCallFilter;

/**
 * The system calls that the host process, its Java runtime and Mesa's allocator make when they serve, by name, with their
 * numbers on x86_64 and aarch64 (less than 0 where there is none).
 *
 * <p>Compiled code has to be made executable, so mmap and mprotect are free; paths are not to be seen from here, so files are
 * Landlock's matter. What is refused answers an error and does not end the process: libc, the Java runtime and drivers try
 * what is new or optional and do without, on another machine than this was tried on something else, and to whoever has
 * taken the process over a refused call is worth as little as a dead process.
 */
final class AllowedCalls {
    private static final int AF_UNIX = 1;
    private static final int CALLING_THREAD = 0;
    private static final int PRIO_PROCESS = 0;
    private static final int PR_SET_NAME = 15;
    private static final int PR_GET_NAME = 16;
    private static final int PR_SET_VMA = 0x53564d41;

    private static final int CLONE_THREAD = 0x10000;

    /** CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
    private static final int CLONE_NEW = 0x80 | 0x20000 | 0x7e000000;

    private static final int TCGETS = 0x5401;
    private static final int FIONREAD = 0x541b;
    private static final int FIONBIO = 0x5421;
    private static final int UDMABUF_CREATE_LIST = 0x40087543;
    private static final int DMA_HEAP_IOCTL_ALLOC = 0xc0184800;
    private static final int DMA_BUF_IOCTL_SYNC = 0x40086200;

    /** The ioctls of DRM nodes: drivers have theirs. */
    private static final int DRM_TYPE = 'd' << 8;

    private static final int TYPE_MASK = 0xff00;

    /** set_mempolicy_home_node, the newest call that has been thought of here. */
    private static final int NEWEST = 450;

    private AllowedCalls() {}

    /**
     * The filter for this machine.
     *
     * @param self the process's number
     * @param realtime whether loops still become real-time threads
     */
    static SystemCallFilter filter(int self, boolean realtime) {
        SystemCallFilter calls = new SystemCallFilter();
        fill(calls, self, realtime);
        return calls;
    }

    static void fill(SystemCallFilter calls, int self, boolean realtime) {
        messages(calls);
        sockets(calls);
        files(calls);
        memory(calls);
        threads(calls, self, realtime);
        time(calls);
        identity(calls);
        calls.refuseOthersUpTo(NEWEST);
    }

    private static void messages(SystemCallFilter calls) {
        calls.allow("sendmsg", 46, 211);
        calls.allow("recvmsg", 47, 212);
        calls.allow("epoll_wait", 232, -1);
        calls.allow("epoll_pwait", 281, 22);
        calls.allow("write", 1, 64);
        calls.allow("read", 0, 63);
        calls.allow("futex", 202, 98);
        calls.allow("writev", 20, 66);
        calls.allow("readv", 19, 65);
        calls.allow("pwrite64", 18, 68);
        calls.allow("pread64", 17, 67);
        calls.allow("pwritev", 296, 70);
        calls.allow("preadv", 295, 69);
        calls.allow("pwritev2", 328, 287);
        calls.allow("preadv2", 327, 286);
        calls.allow("sendto", 44, 206);
        calls.allow("recvfrom", 45, 207);
        calls.allow("poll", 7, -1);
        calls.allow("ppoll", 271, 73);
        calls.allow("select", 23, -1);
        calls.allow("pselect6", 270, 72);
        calls.allow("epoll_ctl", 233, 21);
        calls.allow("epoll_create", 213, -1);
        calls.allow("epoll_create1", 291, 20);
        calls.allow("epoll_pwait2", 441, 441);
        calls.allow("eventfd2", 290, 19);
        calls.allow("timerfd_create", 283, 85);
        calls.allow("timerfd_settime", 286, 86);
        calls.allow("pipe", 22, -1);
        calls.allow("pipe2", 293, 59);
    }

    /** Clients' and those of the listening socket; no other is bound or listened on. */
    private static void sockets(SystemCallFilter calls) {
        calls.allow("socket", 41, 198, anyOf(0, AF_UNIX));
        calls.allow("socketpair", 53, 199, anyOf(0, AF_UNIX));
        calls.allow("connect", 42, 203);
        calls.allow("accept", 43, 202);
        calls.allow("accept4", 288, 242);
        calls.allow("shutdown", 48, 210);
        calls.allow("getsockopt", 55, 209);
        calls.allow("setsockopt", 54, 208);
        calls.allow("getsockname", 51, 204);
        calls.allow("getpeername", 52, 205);
    }

    private static void files(SystemCallFilter calls) {
        calls.allow("close", 3, 57);
        calls.allow("close_range", 436, 436);
        calls.allow("dup", 32, 23);
        calls.allow("dup2", 33, -1);
        calls.allow("dup3", 292, 24);
        calls.allow("fcntl", 72, 25);
        calls.allow("lseek", 8, 62);
        calls.allow("open", 2, -1);
        calls.allow("openat", 257, 56);
        calls.allow("stat", 4, -1);
        calls.allow("lstat", 6, -1);
        calls.allow("fstat", 5, 80);
        calls.allow("newfstatat", 262, 79);
        calls.allow("statx", 332, 291);
        calls.allow("statfs", 137, 43);
        calls.allow("fstatfs", 138, 44);
        calls.allow("access", 21, -1);
        calls.allow("faccessat", 269, 48);
        calls.allow("faccessat2", 439, 439);
        calls.allow("readlink", 89, -1);
        calls.allow("readlinkat", 267, 78);
        calls.allow("getcwd", 79, 17);
        calls.allow("getdents64", 217, 61);
        calls.allow("ftruncate", 77, 46);
        calls.allow("fallocate", 285, 47);
        calls.allow("fadvise64", 221, 223);
        calls.allow("unlink", 87, -1);
        calls.allow("unlinkat", 263, 35);
        calls.allow("rename", 82, -1);
        calls.allow("renameat", 264, 38);
        calls.allow("renameat2", 316, 276);
        calls.allow("ioctl", 16, 29, bits(1, TYPE_MASK, DRM_TYPE));
        calls.allow(
                "ioctl", 16, 29,
                anyOf(1, TCGETS, FIONREAD, FIONBIO, UDMABUF_CREATE_LIST, DMA_HEAP_IOCTL_ALLOC, DMA_BUF_IOCTL_SYNC));
    }

    private static void memory(SystemCallFilter calls) {
        calls.allow("mmap", 9, 222);
        calls.allow("munmap", 11, 215);
        calls.allow("mprotect", 10, 226);
        calls.allow("mremap", 25, 216);
        calls.allow("madvise", 28, 233);
        calls.allow("mincore", 27, 232);
        calls.allow("msync", 26, 227);
        calls.allow("brk", 12, 214);
        calls.allow("membarrier", 324, 283);
        calls.allow("memfd_create", 319, 279);
    }

    /** Threads of this process, and no other processes. */
    private static void threads(SystemCallFilter calls, int self, boolean realtime) {
        calls.allow("clone", 56, 220, bits(0, CLONE_THREAD | CLONE_NEW, CLONE_THREAD));
        // Its flags are in memory, where they can't be looked at; libc then takes clone.
        calls.hide(435, 435);
        calls.allow("exit", 60, 93);
        calls.allow("exit_group", 231, 94);
        calls.allow("set_robust_list", 273, 99);
        calls.allow("rseq", 334, 293);
        calls.allow("sched_yield", 24, 124);
        calls.allow("sched_getaffinity", 204, 123);
        calls.allow("sched_setaffinity", 203, 122, anyOf(0, CALLING_THREAD));
        calls.allow("sched_getparam", 143, 121);
        calls.allow("sched_getscheduler", 145, 120);
        calls.allow("sched_get_priority_max", 146, 125);
        calls.allow("sched_get_priority_min", 147, 126);
        if (realtime) {
            calls.allow("sched_setscheduler", 144, 119, anyOf(0, CALLING_THREAD));
        }
        calls.allow("getpriority", 140, 141);
        calls.allow("setpriority", 141, 140, anyOf(0, PRIO_PROCESS).and(anyOf(1, CALLING_THREAD)));
        calls.allow("prctl", 157, 167, anyOf(0, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA));
        calls.allow("tgkill", 234, 131, anyOf(0, self));
        calls.allow("rt_sigaction", 13, 134);
        calls.allow("rt_sigprocmask", 14, 135);
        calls.allow("rt_sigreturn", 15, 139);
        calls.allow("rt_sigsuspend", 130, 133);
        calls.allow("rt_sigtimedwait", 128, 137);
        calls.allow("sigaltstack", 131, 132);
        calls.allow("restart_syscall", 219, 128);
    }

    private static void time(SystemCallFilter calls) {
        calls.allow("nanosleep", 35, 101);
        calls.allow("clock_nanosleep", 230, 115);
        calls.allow("clock_gettime", 228, 113);
        calls.allow("clock_getres", 229, 114);
        calls.allow("gettimeofday", 96, 169);
        calls.allow("time", 201, -1);
        calls.allow("times", 100, 153);
    }

    /** What a process asks about itself and the machine. */
    private static void identity(SystemCallFilter calls) {
        calls.allow("getpid", 39, 172);
        calls.allow("getppid", 110, 173);
        calls.allow("gettid", 186, 178);
        calls.allow("getuid", 102, 174);
        calls.allow("geteuid", 107, 175);
        calls.allow("getgid", 104, 176);
        calls.allow("getegid", 108, 177);
        calls.allow("uname", 63, 160);
        calls.allow("sysinfo", 99, 179);
        calls.allow("getrusage", 98, 165);
        calls.allow("getrlimit", 97, 163);
        calls.allow("prlimit64", 302, 261, anyOf(0, CALLING_THREAD).and(isNull(2)));
        calls.allow("getcpu", 309, 168);
        calls.allow("getrandom", 318, 278);
    }
}
