// Copyright: netfs.bench contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// misbehaving FAULT DIRECTORY MOUNTPOINT: a file system that passes everything on to a directory, but for one fault.
//
//	none               nothing is wrong
//	stale-reads        some reads return what the file held before its last write
//	lost-writes        some writes are acknowledged, and so is their flush, and nothing is written
//	reordered-appends  some appends are acknowledged, and come after the next one
//	lock-of-two        some locks that another process holds are given once more
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// One of so many calls goes wrong.
const every = 7

type misbehaving struct {
	fs.LoopbackNode
	shared *state
}

type state struct {
	sync.Mutex
	fault  string
	calls  int
	before map[uint64][]byte // by inode, what a file held before its last write
	held   map[uint64][]byte // by inode, an append that waits for the next one
}

// goesWrong says whether this call is one of those that the fault is in.
func (s *state) goesWrong(fault string) bool {
	if s.fault != fault {
		return false
	}
	s.calls++
	return s.calls%every == 0
}

func (m *misbehaving) number() uint64 { return m.StableAttr().Ino }

// Every call comes here: the kernel keeps nothing.
func (m *misbehaving) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	file, _, errno := m.LoopbackNode.Open(ctx, flags)
	return file, fuse.FOPEN_DIRECT_IO, errno
}

func (m *misbehaving) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	inode, file, _, errno := m.LoopbackNode.Create(ctx, name, flags, mode, out)
	return inode, file, fuse.FOPEN_DIRECT_IO, errno
}

func (m *misbehaving) Read(ctx context.Context, file fs.FileHandle, into []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	m.shared.Lock()
	defer m.shared.Unlock()
	if old := m.shared.before[m.number()]; offset == 0 && len(old) > 0 && m.shared.goesWrong("stale-reads") {
		return fuse.ReadResultData(old), 0
	}
	return file.(fs.FileReader).Read(ctx, into, offset)
}

func (m *misbehaving) Write(ctx context.Context, file fs.FileHandle, data []byte, offset int64) (uint32, syscall.Errno) {
	m.shared.Lock()
	defer m.shared.Unlock()
	me := m.number()
	size := uint32(len(data))
	appends := strings.HasPrefix(m.Path(nil), "append-set")
	switch {
	case !appends && m.shared.goesWrong("lost-writes"):
		return size, 0
	case appends && m.shared.held[me] == nil && m.shared.goesWrong("reordered-appends"):
		m.shared.held[me] = append([]byte{}, data...)
		return size, 0
	}
	m.shared.before[me], _ = os.ReadFile(filepath.Join(m.RootData.Path, m.Path(nil)))
	if _, errno := file.(fs.FileWriter).Write(ctx, data, offset); errno != 0 {
		return 0, errno
	}
	if held := m.shared.held[me]; held != nil {
		delete(m.shared.held, me)
		return size, second(file.(fs.FileWriter).Write(ctx, held, offset+int64(size)))
	}
	return size, 0
}

func (m *misbehaving) Setlk(ctx context.Context, file fs.FileHandle, owner uint64, lock *fuse.FileLock, flags uint32) syscall.Errno {
	errno := file.(fs.FileSetlker).Setlk(ctx, owner, lock, flags)
	m.shared.Lock()
	defer m.shared.Unlock()
	if errno == syscall.EAGAIN && m.shared.goesWrong("lock-of-two") {
		return 0
	}
	return errno
}

func second(_ uint32, errno syscall.Errno) syscall.Errno { return errno }

func main() {
	shared := &state{fault: os.Args[1], before: map[uint64][]byte{}, held: map[uint64][]byte{}}
	root := &fs.LoopbackRoot{Path: os.Args[2]}
	root.NewNode = func(data *fs.LoopbackRoot, _ *fs.Inode, _ string, _ *syscall.Stat_t) fs.InodeEmbedder {
		return &misbehaving{LoopbackNode: fs.LoopbackNode{RootData: data}, shared: shared}
	}
	node := root.NewNode(root, nil, "", nil)
	root.RootNode = node
	server, err := fs.Mount(os.Args[3], node, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMount: true, EnableLocks: true, FsName: "misbehaving", Name: "misbehaving"},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	go func() {
		<-ended
		if err := server.Unmount(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	fmt.Println("mounted")
	server.Wait()
}
