/* The shared state: mapped when the library is loaded, or again when the runner says so.
 *
 * SOCKPROOF_MUTANT_STATE names a file made by sockproof/mutants/state.py; its memory is shared with forked and
 * exec'ed children, so that what they reach is counted. SOCKPROOF_MUTANT arms one mutant by name ("observe"
 * arms none and counts all); without a state file the counters are then private to this process and its forks.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mutant.h"

static struct state idle;
struct state *shared = &idle;

static const char *const names[] = {
#define MUTANT(name) #name,
#include "mutants.def"
#undef MUTANT
};

/* A mutant that is silently not installed would score as a survivor, so loading stops the process instead. */
static void refuse(const char *what, const char *value, const char *remedy)
{
    fprintf(stderr, "sockproof mutant library: %s \"%s\"; %s\n", what, value, remedy);
    fflush(stderr);
    _exit(2);
}

static int index_of(const char *name)
{
    for (int i = 0; i < MUTANT_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static struct state *map(int fd)
{
    int kind = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
    void *memory = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE, kind, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool fits(const struct state *s)
{
    return s->magic == STATE_MAGIC && s->version == STATE_VERSION && s->count == MUTANT_COUNT
        && s->memo_slots == MEMO_SLOTS;
}

/* Maps the state file at `path`; 0, or -1 where it is missing, short or of another layout. The old mapping
 * stays, since another thread may be reading it. */
__attribute__((visibility("default"))) int sockproof_mutant_attach(const char *path)
{
    struct stat about;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool whole = fd >= 0 && fstat(fd, &about) == 0 && about.st_size >= (off_t)sizeof(struct state);
    struct state *memory = whole ? map(fd) : NULL;
    if (fd >= 0)
        real.close(fd);
    if (!memory || !fits(memory))
        return -1;
    __atomic_fetch_add(&memory->attached, 1, __ATOMIC_RELAXED);
    shared = memory;
    return 0;
}

static void open_private(void)
{
    struct state *memory = map(-1);
    if (!memory)
        refuse("no memory for the counters of", "SOCKPROOF_MUTANT", "free some memory");
    memory->gate = 1;
    memory->armed = -1;
    shared = memory;
}

static void arm(const char *name)
{
    bool observe = strcmp(name, "observe") == 0;
    int which = index_of(name);
    if (!observe && which < 0)
        refuse("unknown SOCKPROOF_MUTANT", name, "preload/mutants.def lists the names");
    shared->armed = which;
    shared->mode = observe ? MODE_OBSERVE : MODE_ARMED;
}

void load_real_calls(void);

__attribute__((constructor)) static void load(void)
{
    const char *path = getenv("SOCKPROOF_MUTANT_STATE");
    const char *name = getenv("SOCKPROOF_MUTANT");
    load_real_calls();
    if (path && *path && sockproof_mutant_attach(path) != 0)
        refuse("cannot use the state file", path, "let sockproof.mutants.state make a new one for this library");
    if (!name || !*name)
        return;
    if (!path || !*path)
        open_private();
    arm(name);
}

bool armed(enum mutant which)
{
    return awake() && shared->mode == MODE_ARMED && shared->armed == (int)which;
}

bool mutant_on(enum mutant which)
{
    bool active = armed(which);
    __atomic_fetch_add(&shared->counters[which].seen, 1, __ATOMIC_RELAXED);
    if (active)
        __atomic_fetch_add(&shared->counters[which].acted, 1, __ATOMIC_RELAXED);
    return active;
}

/* Open addressing by inode. The runner empties the table when it arms another mutant. */
static struct memo *slot_of(uint64_t inode)
{
    for (unsigned i = 0; i < MEMO_SLOTS; i++) {
        struct memo *m = &shared->memo[(inode + i) % MEMO_SLOTS];
        uint64_t empty = 0;
        if (__atomic_load_n(&m->inode, __ATOMIC_ACQUIRE) == inode)
            return m;
        if (__atomic_compare_exchange_n(&m->inode, &empty, inode, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            m->value = INT64_MIN;
            return m;
        }
    }
    return NULL;
}

bool memo_get(const struct sock *s, int64_t *value)
{
    uint64_t inode = shared->mode == MODE_ARMED ? inode_of(s->fd) : 0;
    struct memo *m = inode ? slot_of(inode) : NULL;
    if (!m || m->value == INT64_MIN)
        return false;
    *value = m->value;
    return true;
}

void memo_set(const struct sock *s, int64_t value)
{
    uint64_t inode = shared->mode == MODE_ARMED ? inode_of(s->fd) : 0;
    struct memo *m = inode ? slot_of(inode) : NULL;
    if (m)
        m->value = value;
}

void memo_clear(const struct sock *s) { memo_set(s, INT64_MIN); }
