//go:build !linux && !darwin && !windows

package machine

import "errors"

func diskOf(string) (Disk, error) { return Disk{}, errors.ErrUnsupported }
