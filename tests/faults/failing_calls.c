/* Loaded by LD_PRELOAD: lets the n-th system call on a directory fail, once or from then on.

   Calls count whose path has the word MARK in it, or whose descriptor was opened by such a path.
   The process itself says which call is to fail, through fail_call(); with a negative error it is
   killed there. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MARK "failing-disk"
#define DESCRIPTORS 4096

static char marked[DESCRIPTORS];
static long calls, failing, reason, lasting;

void fail_call(long number, long error, long forever) {
    calls = 0, failing = number, reason = error, lasting = forever;
}
long calls_so_far(void) { return calls; }

static int fails(void) {
    ++calls;
    if (!failing || calls < failing || (calls > failing && !lasting)) return 0;
    if (reason < 0) kill(getpid(), SIGKILL);
    errno = reason;
    return 1;
}
static int by_path(const char *path) { return path && strstr(path, MARK) && fails(); }
static int by_descriptor(int d) { return d >= 0 && d < DESCRIPTORS && marked[d] && fails(); }
static int opened(int d, const char *path) {
    if (d >= 0 && d < DESCRIPTORS) marked[d] = path && strstr(path, MARK) != 0;
    return d;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name);
#define MODE va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest);

int open(const char *path, int flags, ...) {
    MODE REAL(int, "open", const char *, int, ...)
    return by_path(path) ? -1 : opened(real(path, flags, mode), path);
}
int open64(const char *path, int flags, ...) {
    MODE REAL(int, "open64", const char *, int, ...)
    return by_path(path) ? -1 : opened(real(path, flags, mode), path);
}
int openat(int at, const char *path, int flags, ...) {
    MODE REAL(int, "openat", int, const char *, int, ...)
    return by_path(path) ? -1 : opened(real(at, path, flags, mode), path);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE REAL(int, "openat64", int, const char *, int, ...)
    return by_path(path) ? -1 : opened(real(at, path, flags, mode), path);
}
DIR *opendir(const char *path) {
    REAL(DIR *, "opendir", const char *)
    return by_path(path) ? NULL : real(path);
}

#define PATH_CALL(name, ...) \
    int name(const char *path, ##__VA_ARGS__)
PATH_CALL(mkdir, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t) return by_path(path) ? -1 : real(path, mode);
}
PATH_CALL(rename, const char *to) {
    REAL(int, "rename", const char *, const char *) return by_path(path) ? -1 : real(path, to);
}
PATH_CALL(unlink) { REAL(int, "unlink", const char *) return by_path(path) ? -1 : real(path); }
PATH_CALL(rmdir) { REAL(int, "rmdir", const char *) return by_path(path) ? -1 : real(path); }
PATH_CALL(stat, struct stat *to) {
    REAL(int, "stat", const char *, struct stat *) return by_path(path) ? -1 : real(path, to);
}
PATH_CALL(lstat, struct stat *to) {
    REAL(int, "lstat", const char *, struct stat *) return by_path(path) ? -1 : real(path, to);
}

#define DESCRIPTOR_CALL(type, name, parameters, types, arguments) \
    type name parameters { REAL(type, #name, types) return by_descriptor(d) ? -1 : real arguments; }
#define COMMA ,
DESCRIPTOR_CALL(ssize_t, write, (int d, const void *b, size_t n), int COMMA const void * COMMA size_t, (d, b, n))
DESCRIPTOR_CALL(ssize_t, read, (int d, void *b, size_t n), int COMMA void * COMMA size_t, (d, b, n))
DESCRIPTOR_CALL(ssize_t, pwrite, (int d, const void *b, size_t n, off_t o), int COMMA const void * COMMA size_t COMMA off_t, (d, b, n, o))
DESCRIPTOR_CALL(ssize_t, pwrite64, (int d, const void *b, size_t n, off_t o), int COMMA const void * COMMA size_t COMMA off_t, (d, b, n, o))
DESCRIPTOR_CALL(int, fsync, (int d), int, (d))
DESCRIPTOR_CALL(int, fdatasync, (int d), int, (d))
DESCRIPTOR_CALL(int, ftruncate, (int d, off_t n), int COMMA off_t, (d, n))
DESCRIPTOR_CALL(int, ftruncate64, (int d, off_t n), int COMMA off_t, (d, n))
DESCRIPTOR_CALL(int, flock, (int d, int o), int COMMA int, (d, o))
DESCRIPTOR_CALL(int, fstat, (int d, struct stat *s), int COMMA struct stat *, (d, s))
int close(int d) {
    REAL(int, "close", int)
    int failed = by_descriptor(d);
    int result = real(d);
    int number = failed ? (int)reason : errno;
    if (d >= 0 && d < DESCRIPTORS) marked[d] = 0;
    errno = number;
    return failed ? -1 : result;
}
