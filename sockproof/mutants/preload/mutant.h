/* Shared declarations of the preload library: which mutant is armed, what a descriptor is, and the real calls.
 *
 * A mutant is a name in mutants.def. A wrapper asks ON(name) at the very place where that deviation would show;
 * the answer is counted as `seen`, and is true (and counted as `acted`) only while that mutant is armed. So the
 * conditions written before ON are what the catalogue calls "reached".
 */
#ifndef SOCKPROOF_MUTANT_H
#define SOCKPROOF_MUTANT_H

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

enum mutant {
#define MUTANT(name) M_##name,
#include "mutants.def"
#undef MUTANT
    MUTANT_COUNT
};

/* The shared memory. sockproof/mutants/state.py reads and writes the same layout: change both together. */
enum { STATE_MAGIC = 0x4d504b53, STATE_VERSION = 1, MEMO_SLOTS = 2048 };
enum mode { MODE_OFF = 0, MODE_OBSERVE = 1, MODE_ARMED = 2 };

struct counters {
    uint32_t seen;
    uint32_t acted;
};

struct memo {
    uint64_t inode; /* 0: free */
    int64_t value;
};

struct state {
    uint32_t magic;
    uint32_t version;
    uint32_t count;
    uint32_t memo_slots;
    uint32_t mode;
    int32_t armed; /* an enum mutant; -1: none */
    uint32_t gate; /* nothing is counted or altered while 0 */
    uint32_t attached; /* how many processes have mapped this state */
    uint32_t reserved[8];
    struct memo memo[MEMO_SLOTS];
    struct counters counters[MUTANT_COUNT];
};

extern struct state *shared;

/* A socket that the mutants may touch: AF_INET, AF_INET6 or AF_UNIX. */
struct sock {
    int fd;
    int domain;
    int type;
};

static inline bool awake(void) { return __builtin_expect(shared->gate && shared->mode, 0); }

bool mutant_on(enum mutant which);
#define ON(name) mutant_on(M_##name)

/* True while `which` itself is armed and awake, without counting: for deviations with a preparation. */
bool armed(enum mutant which);

/* Fills in `s` and is true if the gate is open and `fd` is a socket that mutants may touch. Keeps errno. */
bool watched(int fd, struct sock *s);

/* One number per open socket and armed mutant; shared by its duplicates and by children, gone when re-armed. */
bool memo_get(const struct sock *s, int64_t *value);
void memo_set(const struct sock *s, int64_t value);
void memo_clear(const struct sock *s);
enum { END_READ = 7001, WAS_SHUT }; /* what a memo says of a connection */

/* What a socket is, asked of the real kernel. All keep errno. */
uint64_t inode_of(int fd);
int option_of(int fd, int level, int name, int otherwise);
bool set_option(int fd, int level, int name, int value);
bool nonblocking(int fd);
bool connected(int fd);
bool has_timeout(int fd, int name);
bool is_stream(const struct sock *s);
bool is_datagram(const struct sock *s);
bool is_inet(const struct sock *s);
bool is_listener(const struct sock *s);
bool is_raw(const struct sock *s); /* see raw.c */
bool at_end_of_file(int fd);
int queued(int fd, unsigned long request); /* FIONREAD, SIOCOUTQ ...: bytes, 0 where not told */
void drain(int fd);
void leak(int fd); /* keeps the open socket alive after its descriptor is closed */
double now(void);
void burn(double seconds); /* of processor time */
int fail(int error);

/* Errors turned into another error or into success, as data: see errors.c. */
enum call {
    CALL_ACCEPT, CALL_BIND, CALL_CONNECT, CALL_EPOLL_CTL, CALL_GETPEERNAME, CALL_GETSOCKOPT, CALL_LISTEN,
    CALL_POLL, CALL_RECEIVE, CALL_SEND, CALL_SETSOCKOPT, CALL_SHUTDOWN, CALL_SOCKET, CALL_EPOLL_WAIT,
    CALL_GETSOCKNAME, CALL_IOCTL, CALL_MESSAGE, CALL_SELECT, CALL_SENDFILE, CALL_SENDTO, CALL_SPLICE,
};
long swapped_error(enum call call, const struct sock *s, long result, long success);

/* Wrong arguments: see arguments.c. What is not sound must not be looked at by anybody else. */
#if __has_attribute(access)
__attribute__((access(none, 1))) /* only whether it can be read is asked, not what is there */
#endif
bool sound(const void *at, size_t size);
bool sound_vector(const struct iovec *iov, size_t count);
bool sound_message(const struct msghdr *msg);
bool sound_messages(const struct mmsghdr *messages, size_t count);
bool sound_name(const struct sockaddr *name, socklen_t length);
bool sound_room(const struct sockaddr *name, const socklen_t *length);
long mistaken(enum call call, int fd, long result);
bool receive_spoiled(int fd, int flags);
bool sender_spoiled(int fd);
bool header_spoiled(int fd);
bool send_spoiled(int fd);
bool more_counted(int fd, const void *data, size_t size, ssize_t *answer);
int accept_mistaken(int fd, const socklen_t *length);
void edge_spoiled(int epfd);
void event_spoiled(int epfd, int operation, int fd);
void option_spoiled(int fd, int level, int name);
bool control_spoiled(int fd, const struct msghdr *msg, int flags, ssize_t *answer);
bool control_leaked(int fd, struct msghdr *msg, int flags, ssize_t *answer);

/* bpf(2): see ebpf.c. */
long bpf_called(const long *a);

/* Packet sockets: see packet_sockets.c. */
void packet_asked(int domain, int *type, int *protocol);
int packet_flags(int fd, int flags);
ssize_t packet_received(int fd, ssize_t n, struct msghdr *msg);
bool packet_bound(int fd, const struct sockaddr *name, socklen_t length, int *result);
void packet_counted(int fd, int level, int name, void *value, int result);
bool packet_connects(int fd, int result);

/* One kind of socket, or one state of it: see corners.c. */
struct option;
struct incoming;
struct outgoing;
void corners_came(const struct incoming *in);
int corners_unreceived(const struct incoming *in);
int corners_unsent(struct outgoing *o);
void corners_write(const struct sock *s, struct iovec *iov, int *flags);
int corners_unbound(const struct sock *s, const struct sockaddr *name, socklen_t length);
int corners_connected(const struct sock *s, const struct sockaddr *name, int result);
void corners_closing(const struct sock *s);
bool corners_unaccepted(const struct sock *s);
void corners_accepted(const struct sock *listener, int fd, socklen_t *length);
int corners_command(int command, int result);
bool corners_unset(const struct option *o);
bool corners_ignored(const struct option *o);
void corners_asked(const struct option *o, void *value, socklen_t length);

/* What one kind does, or one call, and its sibling does not: see siblings.c and columns.c. */
bool siblings_unreceived(struct incoming *in, ssize_t *n);
void siblings_received(struct incoming *in, ssize_t n);
void siblings_buffers(const struct incoming *in, struct iovec *given, ssize_t n);
bool siblings_unsent(struct outgoing *o, ssize_t *n);
void siblings_sent(const struct outgoing *o, ssize_t n);
bool siblings_written(const struct sock *s, const char *data, size_t length, ssize_t *n);
bool siblings_long(const struct sock *s, socklen_t length);
uint32_t siblings_told(const struct sock *s, uint32_t asked, uint32_t got);
void siblings_accepted(const struct sockaddr *name, socklen_t *length);
void siblings_cut(const struct sock *s, socklen_t *length, socklen_t room);
int siblings_listened(const struct sock *s, int result);
int siblings_shut(const struct sock *s, int result);
int siblings_connected(const struct sock *s, int result);
bool siblings_unset(const struct option *o);
bool siblings_taken(const struct option *o, int error);
void siblings_asked(const struct option *o, void *value, socklen_t *length, socklen_t room);
bool siblings_owned(unsigned long request, const int *owner);
void columns_read(char *text, ssize_t n);

/* Single faults: see faults.c. */
struct option;
struct incoming;
struct outgoing;
bool setting_faulty(const struct option *o, int *result);
int question_refused(const struct option *o);
bool receive_faulty(const struct incoming *in);
void header_kept(struct incoming *in, ssize_t n, int flags_before);
bool bind_faulty(const struct sock *s, const struct sockaddr *given, socklen_t length, int *result);
void accepted_mapped(struct sockaddr *name, socklen_t *length, socklen_t room);
int connect_faulty(const struct sock *s, const struct sockaddr *name, socklen_t length);
int connected_faulty(const struct sock *s, const struct sockaddr *name, int result);
bool command_ignored(int command);
void owner_widened(int command, void *argument);
void duplicating(int *command, void **lowest);
void flag_spreads(int fd, int flag); /* see duplicates.c */
int command_answered(int command, int result); /* see seldom.c */
void datagram_leaves(const struct outgoing *o);
bool scope_needed(const struct sock *s, socklen_t length);
bool room_needed(const struct option *o, socklen_t room);
bool lingers_by_one(const struct option *o, int *result);
void connects_anew(const struct sock *s);
bool room_forgiven(int level, int name, int error, socklen_t *length);
bool destination_refused(const struct outgoing *o);
long async_flags(const struct sock *s, long flags); /* see asynchronous.c */
int async_shutdown(int fd, int how);
void async_accepted(const struct sock *listener, int fd);
bool shape_refused(const struct outgoing *o); /* see faults.c */
bool nothing_refused(nfds_t count);
int without_files(struct pollfd *fds, nfds_t count, int ready);
int miscounted(struct pollfd *fds, nfds_t count, int ready);
int numbered(int fd, bool closes_on_exec);
bool listener_counted(const struct sock *s, unsigned long request, int result, int *bytes);

struct ifaddrs;
void other_name(int fd, struct sockaddr *name, socklen_t length); /* see other_names.c */
void inet_name(const struct sock *s, struct sockaddr *name, socklen_t room);
int peer_name(int fd, struct sockaddr *name, socklen_t *length, socklen_t room, int result);

/* UNIX names: see local_names.c. */
struct sockaddr_un;
bool local_bind_answered(const struct sockaddr_un *name, socklen_t length, int *result);
void local_was_bound(const struct sockaddr_un *name, socklen_t length);
int local_connect_refused(const struct sockaddr_un *name, socklen_t length);
void local_closing(const struct sock *s);
int local_connected(const struct sock *s, int result);

/* Further deviations of socket(2), bind(2) and getsockname(2): see naming.c. */
int foreign_socket(int domain, int type, int protocol);
int altered_protocol(int type, int protocol);
int altered_type(int domain, int type, int protocol);
int substitute(const struct sock *s, int domain, int type, int result);
void touch_network(int domain);
void further_inet_name(const struct sock *s, struct sockaddr *name, socklen_t room);
int with_defaults(const struct sock *s, int fd);
bool bind_answered(const struct sock *s, struct sockaddr *name, int *result);

/* Ports that the kernel chooses: see ports.c. */
bool port_answered(const struct sock *s, struct sockaddr *name, int *result);
void port_before_connect(const struct sock *s);

/* What an administrator does: see administration.c. */
bool destroys(int fd, const void *buffer, size_t length, int flags, ssize_t *answer);
void repair_before_close(const struct sock *s);
void repair_before_connect(const struct sock *s);

/* Manners of UNIX sockets, and more: see manners.c. */
struct outgoing;
struct incoming;
int unix_created(int domain, int type, int protocol, int fd);
void unix_peer(struct sockaddr *name, socklen_t *length, socklen_t room);
bool unix_addressing(const struct sock *s);
void unix_addressed(const struct sock *s, bool again);
bool addressed_badly(const struct outgoing *o, ssize_t *answer);
void manners_received(const struct incoming *in);
void cork_closing(const struct sock *s);

/* Programs of sockets: see programs.c. */
struct option;
bool program_set(const struct option *o, int *result);
void program_bound(const struct sock *s);
void program_closing(const struct sock *s);
bool group_owned(const struct sock *s, long owner, int *result);

/* Ping sockets: see ping.c. */
struct incoming;
bool is_ping(const struct sock *s);
int ping_created(int domain, int type, int protocol, int fd);
ssize_t ping_received(const struct incoming *in, ssize_t n);

/* One outgoing message, whichever call it came by. */
enum path { BY_PLAIN, BY_SENDMSG, BY_VECTOR, BY_MANY };
struct outgoing {
    struct sock s;
    struct msghdr msg;
    int flags;
    enum path path;
    size_t length;
    size_t unsent; /* bytes withheld that the result shall count */
    _Alignas(struct cmsghdr) char control[64]; /* for one that the caller did not ask for */
};
ssize_t transmit(const struct sock *s, const struct msghdr *msg, int flags, enum path path);
ssize_t emit(struct outgoing *o);
void multicast_before_send(struct outgoing *o);
ssize_t broadcast_after_send(struct outgoing *o, ssize_t n);
size_t total_length(const struct iovec *iov, size_t count);

struct incoming {
    struct sock s;
    struct msghdr *msg;
    int flags;
    enum path path;
    size_t length;
    size_t room; /* msg_controllen before the call */
    socklen_t named; /* msg_namelen before the call */
};
ssize_t receive(const struct sock *s, struct msghdr *msg, int flags, enum path path);
int link_set(int fd, int level, int name, const void *value, socklen_t length); /* see packet_links.c */
bool link_keeps(int fd, size_t length);
void link_told(int fd, int level, int name, int *value);
int link_bound(int fd, int result);
ssize_t link_sent(int fd, size_t length, ssize_t n);
ssize_t link_received(int fd, struct sockaddr *from, ssize_t n);
void link_stamp(int fd, unsigned long request, long *stamp);
ssize_t raw_received(const struct incoming *in, ssize_t n);
int peek_offset(const struct incoming *in); /* see peeking.c */
void peek_after(const struct incoming *in, int before, ssize_t n);
void control_came(struct msghdr *msg); /* see control.c */
void control_goes(struct msghdr *msg);
void stamping_came(const struct sock *s, struct msghdr *msg); /* see stamping.c */
void stamping_goes(const struct sock *s, struct msghdr *msg);
bool stash_take(struct incoming *in, ssize_t *n);
void stash_put(struct incoming *in);
ssize_t joined(struct incoming *in, ssize_t n);
void reading_before(struct incoming *in);
ssize_t reading_made(struct incoming *in);
void count_end(const struct sock *s, int *bytes);
ssize_t delivery_awaited(const struct outgoing *o, ssize_t n);
void change_more(struct outgoing *o);

/* Descriptors and credentials: see rights.c. */
bool local_send_refused(const struct outgoing *o);
ssize_t rights_alone(const struct outgoing *o, bool *answered);
ssize_t rights_sent(const struct outgoing *o, ssize_t n);
bool keeps_rights(const struct incoming *in);
ssize_t rights_kept(struct incoming *in);
ssize_t rights_received(const struct incoming *in, ssize_t n);
void credentials_get(struct ucred *peer);
int credentials_pidfd(int *pidfd);

void load_real_calls(void);
bool diag_asks(int fd, const void *buffer, size_t length, int flags, ssize_t *answer); /* see shown.c */
void diag_told(int fd, void *buffer, ssize_t n);
int file_told(int result);
bool is_file_request(unsigned long request);
bool local_asked(const struct sock *s, unsigned long request, int *number, int *result);
bool interface_asked(int fd, unsigned long request, void *argument, int *result); /* see interfaces.c */
void told_read(char *text, ssize_t n); /* see told.c */

/* Sockets in flight that nobody holds: see collected.c. */
void collected_sent(const struct outgoing *o);
bool collected_refused(const struct outgoing *o);
bool collected_counts(const struct outgoing *o, ssize_t n);
void collected_closing(const struct sock *s);
void collected_accepted(int fd);
void collected_received(const struct incoming *in, ssize_t n);

/* One setsockopt or getsockopt. A rule that alters the value writes `number` and calls set_number. */
struct option {
    struct sock s;
    int level;
    int name;
    const void *value;
    socklen_t length;
    int number; /* the value as an int, where it is one */
    bool is_int;
};
void set_number(struct option *o, int number);
bool linger_set(struct option *o);
void linger_get(const struct option *o, void *value);
void linger_shutdown(const struct sock *s);
bool linger_close(const struct sock *s, int *result);
bool keepalive_set(struct option *o);
int keepalive_refused(const struct option *o, int error);
void keepalive_get(const struct option *o, int *number);
void keepalive_accepted(int fd);
bool timeout_set(struct option *o);
void timeout_get(const struct option *o, void *value);
void tcp_info_get(const struct option *o, void *value, socklen_t length);
bool set_by_rule(struct option *o, int *result);
int after_set(const struct option *o, int result);
bool value_refused(const struct option *o); /* see option_values.c */
bool value_taken(const struct option *o, int error);
void further_set(struct option *o); /* see further.c */
void further_told(const struct option *o, void *value, socklen_t *length);
bool further_forgiven(const struct option *o, int error);
bool labels_set(struct option *o, int *result); /* see labels.c */
void labels_told(const struct option *o, void *value, socklen_t *length);
bool labels_forgiven(const struct option *o, int error, socklen_t *length);
void labels_came(struct msghdr *msg);
void fragments_came(const struct sock *s, struct msghdr *msg, size_t room);
void stamping_set(struct option *o); /* see stamping.c */
bool stamping_taken(const struct option *o, int error);
void unicast_was_set(const struct option *o);
void get_by_rule(const struct option *o, int *value);
bool multicast_set(struct option *o);
bool membership_told(const struct option *o, int error);
bool sources_set(struct option *o); /* see sources.c */
bool raw_set(struct option *o); /* see raw.c */
int raw_created(int domain, int type, int protocol, int fd);
void sources_told(const struct option *o, void *value, socklen_t length);
void multicast_was_set(const struct option *o);
bool multicast_member(const struct sock *s);
bool congestion_set(const struct option *o);
void congestion_get(const struct option *o, void *value, socklen_t length);
void rate_get(char *info, socklen_t length);
void keep_tuned(const struct option *o);
void tuned_by_sending(const struct sock *s);
void tuned_by_reading(const struct sock *s);
void inherited_by(const struct sock *listener, int fd);
void inheritance(const struct sock *listener, int fd); /* see inheritance.c */

/* Readiness bits, common to poll and epoll (the values are the same). */
enum waiter { WAIT_POLL, WAIT_EPOLL, WAIT_SELECT };
bool finished_sending(const struct sock *s);
uint32_t amended(const struct sock *s, enum waiter waiter, uint32_t asked, uint32_t got);
uint32_t corners_told(const struct sock *s, enum waiter waiter, uint32_t got);

/* The next definition of each wrapped call in link order, normally the C library's. */
struct real {
#define REAL(result, name, ...) result (*name)(__VA_ARGS__);
#include "real.def"
#undef REAL
};
extern struct real real;

#endif
