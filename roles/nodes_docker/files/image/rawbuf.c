/* LD_PRELOAD for the UML kernel: give its AF_PACKET socket 8 MiB buffers.
 * With the default 208 KiB the socket overflows during bulk receive. Needs CAP_NET_ADMIN.
 * Prototypes and constants are written out, so that it compiles without the C library's headers. */
int setsockopt(int, int, int, const void *, unsigned int);
void *dlsym(void *, const char *);

enum { AF_PACKET = 17, SOL_SOCKET = 1, SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE = 33 };

int socket(int domain, int type, int protocol)
{
	static int (*real)(int, int, int);
	int fd, size = 8 << 20;

	if (!real)
		real = dlsym((void *)-1L /* RTLD_NEXT */, "socket");
	fd = real(domain, type, protocol);
	if (fd >= 0 && domain == AF_PACKET) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
	}
	return fd;
}
