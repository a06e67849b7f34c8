package machine

import "golang.org/x/sys/windows"

func diskOf(directory string) (Disk, error) {
	name, err := windows.UTF16PtrFromString(directory)
	if err != nil {
		return Disk{}, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return Disk{}, err
	}
	return Disk{Free: free, Kind: kindOf(name)}, nil
}

func kindOf(directory *uint16) Kind {
	root := make([]uint16, windows.MAX_PATH+1)
	if err := windows.GetVolumePathName(directory, &root[0], uint32(len(root))); err != nil {
		return Plain
	}
	switch windows.GetDriveType(&root[0]) {
	case windows.DRIVE_REMOTE:
		return Network
	case windows.DRIVE_RAMDISK:
		return Memory
	}
	return Plain
}
