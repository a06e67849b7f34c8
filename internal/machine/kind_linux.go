package machine

import "golang.org/x/sys/unix"

// kindOf knows the magic numbers of statfs(2). Their type is not the same on all processors.
func kindOf(s *unix.Statfs_t) Kind {
	switch uint32(s.Type) { //nolint:gosec // no number has more than 32 bits
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		return Memory
	case unix.OVERLAYFS_SUPER_MAGIC:
		return Layer
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC:
		return Network
	}
	return Plain
}
