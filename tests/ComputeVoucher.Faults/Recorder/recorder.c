/*
 * Preloaded into a process under test, writes down every call that changes files of one directory,
 * in the order in which the kernel saw them, so that the state after a power cut at any point can
 * be built afterwards: synced bytes, and any subset of the unsynced ones.
 *
 *   RECORDER_DIR      absolute directory whose files are watched (not *-shm: SQLite rebuilds it)
 *   RECORDER_MARKS    a file beside it; what is written there is a mark in the journal
 *   RECORDER_JOURNAL  the journal
 *   RECORDER_FAIL_SYNC  N: the Nth sync of a watched file and every later one fails with EIO
 *   RECORDER_KILL_AT  N: the process kills itself with SIGKILL right after its Nth record
 *   RECORDER_NO_SYNC  when set, fsync and fdatasync are recorded but not passed on (speed)
 *
 * Record: kind u8, name length u8, name, offset i64, data length i32, data; little endian.
 * Kinds: C create, W write, T truncate (offset = length), S sync, D directory sync, U unlink,
 * R rename (data = new name), M mark, X a call that this file does not model.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES_MAX = 4096, NAME_MAX_BYTES = 200 };
enum { NOT_WATCHED = 0, WATCHED_FILE = 1, WATCHED_DIR = 2, MARKS = 3 };

/* Held over a call and its record for watched files only: other calls may block for ever. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char directory[1024], marks[1024];
static size_t directory_bytes;
static int journal = -1, no_sync, fail_sync, syncs, kill_at, records;
static unsigned char kinds[FILES_MAX];
static char names[FILES_MAX][NAME_MAX_BYTES];

static void start(void) {
    const char *dir = getenv("RECORDER_DIR"), *mark = getenv("RECORDER_MARKS");
    const char *path = getenv("RECORDER_JOURNAL");
    if (!dir || !path) return;
    snprintf(directory, sizeof directory, "%s", dir);
    directory_bytes = strlen(directory);
    if (mark) snprintf(marks, sizeof marks, "%s", mark);
    no_sync = getenv("RECORDER_NO_SYNC") != NULL;
    const char *fail = getenv("RECORDER_FAIL_SYNC");
    fail_sync = fail ? atoi(fail) : 0;
    const char *killed = getenv("RECORDER_KILL_AT");
    kill_at = killed ? atoi(killed) : 0;
    journal = (int)syscall(SYS_openat, AT_FDCWD, path,
                           O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t done = syscall(SYS_write, journal, at, count);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) abort();
        at += done;
        count -= (size_t)done;
    }
}

static void record(char kind, const char *name, int64_t offset, const void *data, size_t bytes) {
    if (journal < 0) return;
    int saved = errno;
    unsigned char head[2 + NAME_MAX_BYTES + 12];
    size_t length = strlen(name);
    int32_t count = (int32_t)bytes;
    head[0] = (unsigned char)kind;
    head[1] = (unsigned char)length;
    memcpy(head + 2, name, length);
    memcpy(head + 2 + length, &offset, 8);
    memcpy(head + 10 + length, &count, 4);
    put(head, 14 + length);
    put(data, bytes);
    if (kill_at && ++records >= kill_at) syscall(SYS_kill, (long)getpid(), (long)SIGKILL);
    errno = saved;
}

/* Name inside the directory; NULL for paths that are not watched. */
static const char *inside(const char *path) {
    if (!directory_bytes || strncmp(path, directory, directory_bytes) != 0) return NULL;
    if (path[directory_bytes] != '/') return NULL;
    const char *name = path + directory_bytes + 1;
    size_t length = strlen(name);
    if (!length || length >= NAME_MAX_BYTES || strchr(name, '/')) return NULL;
    if (length > 4 && strcmp(name + length - 4, "-shm") == 0) return NULL;
    return name;
}

static int watched(int fd, int kind) {
    return fd >= 0 && fd < FILES_MAX && kinds[fd] == kind;
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
    pthread_once(&once, start);
    const char *name = inside(path);
    int is_directory = directory_bytes && strcmp(path, directory) == 0;
    int is_marks = marks[0] && strcmp(path, marks) == 0;
    if (!name && !is_directory && !is_marks) {
        int other = (int)syscall(SYS_openat, at, path, flags, mode);
        if (other >= 0 && other < FILES_MAX) kinds[other] = NOT_WATCHED;
        return other;
    }
    pthread_mutex_lock(&lock);
    int existed = name && syscall(SYS_faccessat, at, path, F_OK) == 0;
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    if (fd >= FILES_MAX) abort();
    if (fd >= 0) {
        kinds[fd] = name ? WATCHED_FILE : is_directory ? WATCHED_DIR : MARKS;
        strcpy(names[fd], name ? name : "");
        if (name && !existed) record('C', name, 0, NULL, 0);
        if (name && existed && (flags & O_TRUNC)) record('T', name, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list list; \
        va_start(list, flags); \
        mode = va_arg(list, mode_t); \
        va_end(list); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
    MODE(flags)
    return open_any(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    MODE(flags)
    return open_any(at, path, flags, mode);
}

static int any(int fd) { return fd >= 0 && fd < FILES_MAX && kinds[fd] != NOT_WATCHED; }

int close(int fd) {
    if (!any(fd)) return (int)syscall(SYS_close, fd);
    pthread_mutex_lock(&lock);
    kinds[fd] = NOT_WATCHED;
    int result = (int)syscall(SYS_close, fd);
    pthread_mutex_unlock(&lock);
    return result;
}

static ssize_t wrote(int fd, const void *data, ssize_t done, int64_t offset) {
    if (done > 0 && watched(fd, WATCHED_FILE)) record('W', names[fd], offset, data, (size_t)done);
    if (done > 0 && watched(fd, MARKS)) record('M', "", 0, data, (size_t)done);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) {
    if (!any(fd)) return syscall(SYS_pwrite64, fd, data, bytes, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = wrote(fd, data, syscall(SYS_pwrite64, fd, data, bytes, offset), offset);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
    return pwrite64(fd, data, bytes, offset);
}

ssize_t write(int fd, const void *data, size_t bytes) {
    if (!any(fd)) return syscall(SYS_write, fd, data, bytes);
    pthread_mutex_lock(&lock);
    off_t at = watched(fd, WATCHED_FILE) ? (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) : 0;
    ssize_t done = wrote(fd, data, syscall(SYS_write, fd, data, bytes), at);
    pthread_mutex_unlock(&lock);
    return done;
}

static void unmodelled(const char *call) {
    pthread_mutex_lock(&lock);
    record('X', call, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (any(fd)) unmodelled("writev");
    return syscall(SYS_writev, fd, parts, count);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    if (any(fd)) unmodelled("pwritev");
    return syscall(SYS_pwritev, fd, parts, count, offset, 0);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return pwritev64(fd, parts, count, offset);
}

int ftruncate64(int fd, off64_t length) {
    if (!any(fd)) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_ftruncate, fd, length);
    if (result == 0 && watched(fd, WATCHED_FILE)) record('T', names[fd], length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_any(int fd, long call) {
    if (!any(fd)) return (int)syscall(call, fd);
    pthread_mutex_lock(&lock);
    int failed = fail_sync && ++syncs >= fail_sync;
    int result = failed ? -1 : no_sync ? 0 : (int)syscall(call, fd);
    if (failed) errno = EIO;
    if (result == 0 && watched(fd, WATCHED_FILE)) record('S', names[fd], 0, NULL, 0);
    if (result == 0 && watched(fd, WATCHED_DIR)) record('D', "", 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return sync_any(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_any(fd, SYS_fdatasync); }

int unlink(const char *path) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_unlink, path);
    const char *name = inside(path);
    if (result == 0 && name) record('U', name, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) {
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_rename, from, to);
    const char *old = inside(from), *new = inside(to);
    if (result == 0 && old && new) record('R', old, 0, new, strlen(new));
    else if (result == 0 && (old || new)) record('X', "rename", 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    if (any(fd)) unmodelled("fallocate");
    return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
    return fallocate64(fd, mode, offset, length);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
    if (any(fd) && (protection & PROT_WRITE) && (flags & MAP_SHARED)) unmodelled("mmap");
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    return mmap64(at, length, protection, flags, fd, offset);
}
