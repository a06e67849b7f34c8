//go:build linux || darwin

package machine

import "golang.org/x/sys/unix"

func diskOf(directory string) (Disk, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(directory, &s); err != nil {
		return Disk{}, err
	}
	return Disk{Free: s.Bavail * uint64(s.Bsize), Kind: kindOf(&s)}, nil //nolint:gosec // a size
}
