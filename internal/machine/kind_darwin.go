package machine

import "golang.org/x/sys/unix"

func kindOf(s *unix.Statfs_t) Kind {
	switch unix.ByteSliceToString(s.Fstypename[:]) {
	case "nfs", "smbfs", "afpfs", "webdav":
		return Network
	}
	return Plain
}
