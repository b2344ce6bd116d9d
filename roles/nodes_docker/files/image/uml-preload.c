/* LD_PRELOAD for the UML kernel: what it would otherwise do wrong on some machines.
 * Prototypes and constants are written out, so that it compiles without the C library's headers. */
#define NEXT(name) dlsym((void *)-1L /* RTLD_NEXT */, name)

void *dlsym(void *, const char *);
void *memcpy(void *, const void *, unsigned long);
int setsockopt(int, int, int, const void *, unsigned int);

enum { AF_PACKET = 17, SOL_SOCKET = 1, SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE = 33 };

/* Its AF_PACKET socket gets buffers of 8 MiB. With the default 208 KiB it overflows during bulk receive.
 * Needs CAP_NET_ADMIN. */
int socket(int domain, int type, int protocol)
{
	static int (*real)(int, int, int);
	int fd, size = 8 << 20;

	if (!real)
		real = NEXT("socket");
	fd = real(domain, type, protocol);
	if (fd >= 0 && domain == AF_PACKET) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
	}
	return fd;
}

struct iovec {
	void *base;
	unsigned long length;
};

enum { PTRACE_GETREGSET = 0x4204, PTRACE_SETREGSET = 0x4205, NT_X86_XSTATE = 0x202 };

/* UML keeps 2696 bytes of a process's extended registers, all up to AVX-512. The kernel of a machine with more (AMX:
 * 11008) takes none but all of them: "ptrace set fp regs failed, errno = 14", and the guest dies with its first process.
 * What UML does not know is set to zero, as it is in every process of the guest. */
long ptrace(int request, int process, void *kind, void *data)
{
	static long (*real)(int, int, void *, void *);
	static char found[1 << 15], whole[sizeof found]; /* whole stays zero behind what was given, always as long */
	static struct iovec all = {found, sizeof found};
	struct iovec *given = data;

	if (!real)
		real = NEXT("ptrace");
	if (request != PTRACE_SETREGSET || kind != (void *)NT_X86_XSTATE)
		return real(request, process, kind, data);
	if (all.base == found) {
		if (real(PTRACE_GETREGSET, process, kind, &all) != 0)
			return real(request, process, kind, data);
		all.base = whole;
	}
	if (given->length >= all.length)
		return real(request, process, kind, data);
	memcpy(whole, given->base, given->length);
	return real(request, process, kind, &all);
}
